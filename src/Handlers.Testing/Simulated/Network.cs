namespace Handlers.Testing;

/// <summary>
/// The way from a process to the broker and back. A request that is on its way arrives whatever becomes of the process; a reply that nobody
/// waits for any more is dropped.
/// </summary>
internal sealed class Network(SimulatedBroker broker, SimulatedParty process)
{
    /// <summary>How long anything is on its way at most.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromSeconds(31);

    /// <summary>Has the broker do something. Throws a <see cref="TransportException"/> where it is not known to have been done.</summary>
    public ValueTask CallAsync(Action apply, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var faults = broker.Faults;
        var chance = broker.Chance;
        var fails = chance.Of(faults.FailedCall);
        var applies = !fails;
        fails |= chance.Of(faults.FailedReply);
        var broken = chance.Of(faults.BrokenCall);
        if (broken) fails = true;
        var there = chance.Of(faults.SlowCall) ? chance.Milliseconds(0, 60) : TimeSpan.Zero;
        if (chance.Of(faults.HungCall)) there += chance.Milliseconds(1_000, 30_000);
        var back = there > TimeSpan.Zero ? chance.Milliseconds(0, 40) : TimeSpan.Zero;
        if (there > TimeSpan.Zero || back > TimeSpan.Zero) return TravelAsync(there, back, applies ? apply : null, fails, broken, stop);

        if (applies) apply();
        return fails ? ValueTask.FromException(Error(broken)) : default;
    }

    private async ValueTask TravelAsync(TimeSpan there, TimeSpan back, Action? apply, bool fails, bool broken, CancellationToken stop)
    {
        var reply = new TaskCompletionSource();
        broker.Party.After(there, () =>
        {
            apply?.Invoke();
            process.After(back, () => reply.TrySetResult());
        });
        using var stopping = stop.UnsafeRegister(static (s, token) => ((TaskCompletionSource)s!).TrySetCanceled(token), reply);
        await reply.Task;
        if (fails) throw Error(broken);
    }

    private static TransportException Error(bool broken) =>
        new(broken ? "The simulated broker refuses for good." : "The simulated broker is away for a moment.") { IsTransient = !broken };
}
