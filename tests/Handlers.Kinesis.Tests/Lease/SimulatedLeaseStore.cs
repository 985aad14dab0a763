using Handlers.Testing;

namespace Handlers.Kinesis.Tests;

/// <summary>
/// The way of one worker to the leases: calls take their time, hang, fail, are done though they fail, and arrive when their caller is gone. A list is
/// read in pages, each of its own moment.
/// </summary>
internal sealed class SimulatedLeaseStore(LeaseSchedule schedule, SimulatedWorker worker) : ILeaseStore
{
    public async ValueTask PrepareAsync(CancellationToken stop) => await CallAsync(static () => true, stop);

    public async ValueTask<IReadOnlyList<Lease>> ListAsync(CancellationToken stop)
    {
        // By hash, as a scan: neither by name nor by age.
        var first = await CallAsync(() => schedule.Rows.Where(static r => Page(r) == 0).ToList(), stop);
        var second = await CallAsync(() => schedule.Rows.Where(static r => Page(r) == 1).ToList(), stop);
        return [.. second, .. first];
    }

    public async ValueTask<Lease?> ReadAsync(string shard, CancellationToken stop) => await CallAsync(() => schedule.Row(shard), stop);

    public async ValueTask<bool> TryWriteAsync(Lease? seen, Lease? next, CancellationToken stop) => await CallAsync(() => schedule.Apply(worker, seen, next), stop);

    public ValueTask DisposeAsync() => default;

    private static int Page(Lease row) => row.Shard[^1] % 2;

    private async Task<T> CallAsync<T>(Func<T> act, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var chance = schedule.Chance;
        var faults = schedule.Faults;
        var fails = chance.Of(faults.FailedCall);
        var isDone = !fails;
        fails |= chance.Of(faults.FailedReply);
        var isRepeated = chance.Of(faults.FailedReply); // the client's own second try, of which nobody hears
        var there = chance.Of(faults.SlowCall) ? chance.Milliseconds(0, 300) : TimeSpan.Zero;
        if (chance.Of(faults.HungCall)) there += chance.Milliseconds(500, 12_000);
        var reply = new TaskCompletionSource<T>();
        schedule.Broker.After(there, () =>
        {
            var answer = isDone ? act() : default!;
            if (isDone && isRepeated) answer = act();
            worker.Party.After(chance.Of(faults.SlowCall) ? chance.Milliseconds(0, 200) : TimeSpan.Zero, () => reply.TrySetResult(answer));
        });
        using var stopping = stop.UnsafeRegister(static (s, token) => ((TaskCompletionSource<T>)s!).TrySetCanceled(token), reply);
        var answered = await reply.Task;
        return fails ? throw new TransportException("The simulated store is away for a moment.") { IsTransient = true } : answered;
    }
}
