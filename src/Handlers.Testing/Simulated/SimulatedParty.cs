namespace Handlers.Testing;

/// <summary>
/// Who runs on the thread of a schedule and may cease: a process, the broker, the schedule itself. Work, timers and replies belong to one
/// party, and are dropped when it is dead.
/// </summary>
internal sealed class SimulatedParty
{
    // What awaits in one face and is completed in the other is posted; within one face it goes on at once. Chance picks the face for each
    // piece of work, so both the quick way of production and another thread that comes between the two are met.
    private readonly SimulationContext[] faces;

    public SimulatedParty(SimulationThread thread)
    {
        Thread = thread;
        faces = [new(this), new(this)];
        Clock = new SimulationClock(this);
    }

    public SimulationThread Thread { get; }

    /// <summary>The time of this party: its timers fire in its own work.</summary>
    public SimulationClock Clock { get; }

    public bool IsDead { get; private set; }

    /// <summary>How long work of this party was held up by chance, in all.</summary>
    public TimeSpan HeldUp { get; set; }

    public SimulationContext Face(ulong chance) => faces[chance & 1];

    /// <summary>As soon as chance wants.</summary>
    public void Post(Action work) => Thread.Add(this, static s => ((Action)s!)(), work);

    /// <summary>Later, and then as soon as chance wants.</summary>
    public void After(TimeSpan delay, Action work)
    {
        if (delay <= TimeSpan.Zero) Post(work);
        else Thread.Schedule(new Due(this, static (s, _) => ((Action)s!)(), work, 0), delay);
    }

    /// <summary>Starts work as production does: never inside the caller.</summary>
    public static async Task StartAsync(Func<Task> work)
    {
        await Task.Yield();
        await work();
    }

    /// <summary>Whatever it has under way stops where it is, and is never heard of again.</summary>
    public void Die() => IsDead = true;
}

/// <summary>The context that the core's awaits come back to.</summary>
internal sealed class SimulationContext(SimulatedParty party) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => party.Thread.Add(party, d, state);

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;
}
