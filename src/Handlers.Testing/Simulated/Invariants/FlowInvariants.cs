namespace Handlers.Testing;

/// <summary>What is read of a lane and not below its watermark is bounded, however long one message takes.</summary>
internal sealed class WindowIsBounded(Schedule schedule) : Invariant(schedule)
{
    private readonly PerLane<State> lanes = new();

    public override string Name => "the uncommitted window is bounded";

    protected override void See(ref readonly Fact fact)
    {
        if (Of(fact.Partition) is null) return;
        switch (fact.Kind)
        {
            case FactKind.Assigned or FactKind.Rewound:
                lanes.Of(in fact).Next = fact.Partition!.IndexBehind(fact.Position);
                break;
            case FactKind.Outcome when IsFinal(in fact):
                lanes.Of(in fact).Final.Add(fact.Position);
                break;
            case FactKind.Read:
                var state = lanes.Of(in fact);
                state.Read += (int)fact.Number;
                var messages = fact.Partition!.Messages;
                while (state.Next < messages.Count && state.Final.Remove(messages[state.Next].Position.Number))
                {
                    state.Next++;
                    state.Read--;
                }

                if (state.Read > Schedule.Options.MaxUncommitted) Violated(in fact, $"is read, and {state.Read} messages are above the watermark");
                break;
        }
    }

    private sealed class State
    {
        public int Next { get; set; } // the index of the first message above the watermark

        public int Read { get; set; } // and above the watermark

        public HashSet<long> Final { get; } = [];
    }
}

/// <summary>No more messages are handled at once than the handler says, or was told to.</summary>
internal sealed class ConcurrencyHolds(Schedule schedule) : Invariant(schedule)
{
    private readonly Dictionary<int, HashSet<long>> running = [];
    private readonly Dictionary<int, long> most = [];

    public override string Name => "no more at once than Concurrency";

    protected override void See(ref readonly Fact fact)
    {
        if (fact.Kind == FactKind.Limited) most[fact.Process!.Value] = Math.Max(fact.Number, most.GetValueOrDefault(fact.Process.Value));
        if (Of(fact.Partition) is not { Ordering: not Ordering.Lane } settings) return;
        switch (fact.Kind)
        {
            case FactKind.CallBegan:
                if (!running.TryGetValue(fact.Process!.Value, out var calls)) running.Add(fact.Process.Value, calls = []);
                calls.Add(fact.Number);
                var limit = Math.Max(settings.Concurrency, most.GetValueOrDefault(fact.Process.Value));
                if (calls.Count > limit) Violated(in fact, $"is called, and {calls.Count} calls are under way of {limit}");
                break;
            case FactKind.CallReturned or FactKind.CallThrew or FactKind.CallGaveUp or FactKind.CallRefused:
                running[fact.Process!.Value].Remove(fact.Number);
                break;
        }
    }
}

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

/// <summary>While it is paused, a process begins no message of the lane, also of one that comes back to it.</summary>
internal sealed class PausedMeansPaused(Schedule schedule) : Invariant(schedule)
{
    private readonly HashSet<(int Process, string? Partition)> paused = [];
    private readonly PerLane<HashSet<long>> begun = new();

    public override string Name => "a pause holds, and survives a rebalance";

    protected override void See(ref readonly Fact fact)
    {
        switch (fact.Kind)
        {
            case FactKind.Paused:
                paused.Add((fact.Process!.Value, fact.Text));
                break;
            case FactKind.Resumed when fact.Text is null:
                var process = fact.Process;
                paused.RemoveWhere(p => p.Process == process);
                break;
            case FactKind.Resumed:
                paused.Remove((fact.Process!.Value, fact.Text));
                break;
            case FactKind.CallBegan when begun.Of(in fact).Add(fact.Position):
                if (paused.Count == 0) return;
                if (paused.Contains((fact.Process!.Value, null)) || (StageOf(fact.Partition!) == 0 && paused.Contains((fact.Process.Value, fact.Partition!.Name))))
                    Violated(in fact, "begins, and is paused");
                break;
        }
    }
}
