namespace Handlers.Testing;

/// <summary>
/// With order by key, or none, a message waits for an earlier one of its key and for a free place, and for nothing else: a key that is stuck
/// holds up itself alone.
/// </summary>
internal sealed class StuckHoldsUpItself(Schedule schedule) : Invariant(schedule)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3); // work may be held up on its way, several times

    private readonly PerLane<State> lanes = new();
    private readonly Dictionary<int, (HashSet<long> Running, TimeSpan LastFull)> processes = [];
    private readonly HashSet<int> steered = []; // paused or limited, or waiting for a broker to take its letters: they wait for more

    public override string Name => "a stuck key holds up itself alone";

    protected override void See(ref readonly Fact fact)
    {
        if (fact.Kind is FactKind.Paused or FactKind.Limited or FactKind.PublishFailed && fact.Process is { } process) steered.Add(process);
        if (Of(fact.Partition) is not { Ordering: not Ordering.Lane, Commit: Commit.Watermark } settings || Schedule.Plan.TakesLists || settings.RetryTopics.Count > 0) return;
        switch (fact.Kind)
        {
            case FactKind.Read:
                lanes.Of(in fact).Reads.Add((fact.Position, fact.At));
                break;
            case FactKind.Outcome when settings.Ordering == Ordering.Key && IsFinal(in fact) && KeyOf(in fact) is { } key:
                lanes.Of(in fact).Free[key] = fact.At;
                break;
            case FactKind.CallBegan:
                Began(in fact, settings);
                break;
            case FactKind.CallReturned or FactKind.CallThrew or FactKind.CallGaveUp or FactKind.CallRefused:
                var (running, full) = processes[fact.Process!.Value];
                if (running.Count >= settings.Concurrency) full = fact.At;
                running.Remove(fact.Number);
                processes[fact.Process.Value] = (running, full);
                break;
        }
    }

    private void Began(ref readonly Fact fact, HandlerSettings settings)
    {
        var lane = lanes.Of(in fact);
        if (!processes.TryGetValue(fact.Process!.Value, out var process)) processes.Add(fact.Process.Value, process = ([], TimeSpan.Zero));
        process.Running.Add(fact.Number);
        if (!lane.Begun.Add(fact.Position) || steered.Contains(fact.Process.Value)) return; // again, after a pause of its own

        var since = lane.ReadAt(fact.Position);
        if (process.LastFull > since) since = process.LastFull;
        if (settings.Ordering == Ordering.Key && KeyOf(in fact) is { } key && lane.Free.TryGetValue(key, out var free) && free > since) since = free;
        if (fact.At - since > Longest) Violated(in fact, $"could begin {(fact.At - since).TotalSeconds:0.0} s earlier: its key was free, and so was a place");
    }

    private static string? KeyOf(ref readonly Fact fact) => fact.Partition!.Messages[fact.Partition.IndexBehind(fact.Position - 1)].Key is { IsNull: false } key ? key.ToText() : null;

    private sealed class State
    {
        public List<(long Last, TimeSpan At)> Reads { get; } = [];

        public Dictionary<string, TimeSpan> Free { get; } = [];

        public HashSet<long> Begun { get; } = [];

        public TimeSpan ReadAt(long position) => Reads.First(r => r.Last >= position).At;
    }
}
