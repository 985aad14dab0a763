namespace Handlers.Kinesis.Tests;

/// <summary>Leases in memory whose next write, or all calls, go wrong as a test says.</summary>
internal sealed class FaultyLeaseStore : ILeaseStore
{
    public MemoryLeaseStore Rows { get; } = new();

    /// <summary>What becomes of the next write.</summary>
    public Func<Func<bool>, bool>? Next { get; set; }

    /// <summary>Every call fails.</summary>
    public bool IsAway { get; set; }

    /// <summary>Calls about this shard never come back.</summary>
    public string? Hangs { get; set; }

    /// <summary>A list lacks this shard, as one that was begun before its lease was made.</summary>
    public string? Unlisted { get; set; }

    /// <summary>Writes of this shard fail.</summary>
    public string? Fails { get; set; }

    public async Task<Lease> RowAsync(string shard) => await Rows.ReadAsync(shard, default) ?? throw new InvalidOperationException($"There is no lease of {shard}.");

    public ValueTask PrepareAsync(CancellationToken stop) => default;

    public async ValueTask<IReadOnlyList<Lease>> ListAsync(CancellationToken stop)
    {
        await MeetAsync(null, stop);
        return [.. (await Rows.ListAsync(stop)).Where(r => r.Shard != Unlisted)];
    }

    public async ValueTask<Lease?> ReadAsync(string shard, CancellationToken stop)
    {
        await MeetAsync(shard, stop);
        return await Rows.ReadAsync(shard, stop);
    }

    public async ValueTask<bool> TryWriteAsync(Lease? seen, Lease? next, CancellationToken stop)
    {
        var shard = (seen ?? next)!.Shard;
        await MeetAsync(shard, stop);
        if (shard == Fails) throw new TransportException("The store fails.") { IsTransient = true };
        if (Next is not { } meet) return Rows.TryWrite(seen, next);
        Next = null;
        return meet(() => Rows.TryWrite(seen, next));
    }

    public ValueTask DisposeAsync() => default;

    private async ValueTask MeetAsync(string? shard, CancellationToken stop)
    {
        if (IsAway) throw new TransportException("The store is away.") { IsTransient = true };
        if (shard is not null && shard == Hangs) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
    }
}
