using System.Diagnostics;

namespace Handlers.Testing;

/// <summary>What falls due at a time. The version tells whether it still counts then.</summary>
internal sealed record Due(SimulatedParty Party, Action<object?, long> Run, object? State, long Version)
{
    public void Invoke() => Run(State, Version);
}

/// <summary>
/// The one thread of a schedule: chance picks among what is ready, and when nothing is, time jumps to the next timer. Nothing else decides
/// what happens when, so a seed replays exactly.
/// </summary>
internal sealed class SimulationThread(Chance chance, History history)
{
    private static readonly TimeSpan LongestHoldUp = TimeSpan.FromMilliseconds(400);

    private readonly int thread = Environment.CurrentManagedThreadId;
    private readonly List<(SimulatedParty Party, SendOrPostCallback Work, object? State)> ready = [];
    private readonly PriorityQueue<Due, (long At, long Number)> timers = new();
    private long numbers;

    /// <summary>Since the schedule began.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>How often a piece of work is held up, as a thread is that loses its core.</summary>
    public double HoldUps { get; set; }

    /// <summary>Whether the schedule goes on.</summary>
    public bool IsOver { get; set; }

    public void Run()
    {
        var before = SynchronizationContext.Current;
        try
        {
            while (!IsOver && Step()) { }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    public void Add(SimulatedParty party, SendOrPostCallback work, object? state)
    {
        if (!IsHere()) return;
        ready.Add((party, work, state));
    }

    public void Schedule(Due due, TimeSpan delay)
    {
        if (IsHere()) timers.Enqueue(due, ((Now + delay).Ticks, numbers++));
    }

    /// <summary>Whether the caller is on the thread of the schedule. Anything else has escaped, and is a violation.</summary>
    public bool IsHere()
    {
        if (Environment.CurrentManagedThreadId == thread) return true;
        history.Escaped(new StackTrace(2, fNeedFileInfo: true).ToString());
        return false;
    }

    private bool Step()
    {
        while (ready.Count == 0)
            if (!Advance()) return false;
        var index = ready.Count == 1 ? 0 : chance.Below(ready.Count);
        var (party, work, state) = ready[index];
        ready[index] = ready[^1];
        ready.RemoveAt(ready.Count - 1);
        if (party.IsDead) return true;

        var luck = chance.Next();
        if (HoldUps > 0 && chance.Of(HoldUps))
        {
            HoldUp(party, work, state);
            return true;
        }

        SynchronizationContext.SetSynchronizationContext(party.Face(luck));
        try
        {
            work(state);
        }
        catch (Exception e)
        {
            history.Violate("no exception unobserved", $"work that nobody awaits threw: {e}");
        }

        return true;
    }

    private void HoldUp(SimulatedParty party, SendOrPostCallback work, object? state)
    {
        var delay = chance.Milliseconds(1, (int)LongestHoldUp.TotalMilliseconds);
        party.HeldUp += delay;
        Schedule(new Due(party, static (s, _) =>
        {
            var (work, state) = ((SendOrPostCallback, object?))s!;
            work(state);
        }, (work, state), 0), delay);
    }

    private bool Advance()
    {
        if (!timers.TryPeek(out _, out var first)) return false;
        Now = TimeSpan.FromTicks(first.At);
        while (timers.TryPeek(out var due, out var next) && next.At == first.At)
        {
            timers.Dequeue();
            if (!due.Party.IsDead) ready.Add((due.Party, static s => ((Due)s!).Invoke(), due));
        }

        return true;
    }
}
