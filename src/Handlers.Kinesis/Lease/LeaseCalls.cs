using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Handlers.Kinesis;

/// <summary>Calls of a store within a time: one that hangs must not keep the others' leases from being renewed.</summary>
internal sealed class LeaseCalls(ILeaseStore store, LeaseTableOptions options, TimeProvider time)
{
    /// <summary>See <see cref="ILeaseStore.TryWriteAsync"/>.</summary>
    public ValueTask<bool> TryWriteAsync(Lease? seen, Lease? next, CancellationToken stop) =>
        WithinAsync((seen ?? next)!.Shard, limit => store.TryWriteAsync(seen, next, limit), stop);

    /// <summary>See <see cref="ILeaseStore.ReadAsync"/>.</summary>
    public ValueTask<Lease?> ReadAsync(string shard, CancellationToken stop) => WithinAsync(shard, limit => store.ReadAsync(shard, limit), stop);

    /// <summary>
    /// Does something with each of many, several at once. When all are done, throws what went wrong first: the others are not kept from theirs.
    /// </summary>
    public async Task EachAsync<T>(IReadOnlyList<T> of, Func<T, Task> act)
    {
        var next = -1;
        var errors = new ConcurrentQueue<Exception>();
        var workers = new List<Task>();
        for (var i = Math.Min(options.AtOnce, of.Count); i > 0; i--) workers.Add(WorkAsync());
        foreach (var worker in workers) await worker; // one after the other, not WhenAll: its own continuations know no context
        if (errors.TryDequeue(out var error)) ExceptionDispatchInfo.Throw(error);

        async Task WorkAsync()
        {
            for (int index; (index = Interlocked.Increment(ref next)) < of.Count;)
            {
                try
                {
                    await act(of[index]);
                }
                catch (Exception e)
                {
                    errors.Enqueue(e);
                }
            }
        }
    }

    private async ValueTask<T> WithinAsync<T>(string shard, Func<CancellationToken, ValueTask<T>> call, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(options.CallTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        try
        {
            return await call(either.Token);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw new TransportException(
                $"The lease of shard {shard} could not be read or written within {options.CallTime.TotalSeconds:0.#} s. It is tried again; check the lease table's latency and throttling, or raise Leases:LeaseTime.", e)
            {
                IsTransient = true,
                Kind = TransportErrorKind.Positions,
            };
        }
    }
}
