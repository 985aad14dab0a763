using Handlers.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kinesis.Tests;

/// <summary>A group that begins at the latest record was down for longer than retention keeps records, and two generations of shards went meanwhile.</summary>
public sealed class ForgottenShardsTests : IDisposable
{
    private const string Shard = "shardId-000000000000"; // of it came 1, of that 2
    private const string Listed = "shardId-000000000002";

    private static readonly DateTimeOffset Then = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ShardCheckpoint Handled = new() { Handled = ModelShard.At(4).Handled };

    private readonly string folder = Directory.CreateTempSubdirectory("checkpoints-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task What_is_left_is_read_from_its_oldest_record()
    {
        await WriteAsync(new ShardKey("g", "stream", Shard), Handled);
        var leases = await MatchedAsync();
        Assert.Equal(LeaseCheckpoint.Horizon, leases[Listed].Checkpoint);
        Assert.Equal(ModelShard.At(4), leases[Shard].Checkpoint); // it is read, found gone, and told as lost
    }

    [Fact]
    public async Task So_it_is_after_arXivs_consumer()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, $"stream__{Shard}.json"), "49590338271490256608559692538361571095921575989136588898");
        Assert.Equal(LeaseCheckpoint.Horizon, (await MatchedAsync())[Listed].Checkpoint);
    }

    [Fact]
    public async Task What_is_finished_or_of_another_stream_or_group_is_no_sign()
    {
        await WriteAsync(new ShardKey("g", "stream", Shard), new ShardCheckpoint { IsFinished = true });
        await WriteAsync(new ShardKey("g", "stream__other", Shard), Handled);
        await WriteAsync(new ShardKey("g", "stream2", Shard), Handled);
        await WriteAsync(new ShardKey("h", "stream", Shard), Handled);
        await File.WriteAllTextAsync(Path.Combine(folder, "g", $"stream__{Shard}.json.new"), "cut o");
        var leases = await MatchedAsync();
        Assert.Equal(LeaseCheckpoint.Latest(Then), leases[Listed].Checkpoint);
        Assert.Single(leases);
    }

    private async Task<Dictionary<string, Lease>> MatchedAsync()
    {
        await using var checkpoints = new DiskCheckpoints(folder, NullLogger.Instance);
        var store = new CheckpointLeaseStore(checkpoints, "g", "stream");
        var table = new LeaseTable(store, new LeaseTableOptions("w", TimeSpan.FromSeconds(10), TimeSpan.Zero, LeaseCheckpoint.Latest(Then)), new Nobody(), new FakeClock(), static _ => 0);
        await table.MatchAsync(static _ => new([new Shard(Listed, ["shardId-000000000001"], ("0", "9"), false)]), default);
        return (await store.ListAsync(default)).ToDictionary(static l => l.Shard);
    }

    private async Task WriteAsync(ShardKey shard, ShardCheckpoint checkpoint)
    {
        await using var checkpoints = new DiskCheckpoints(folder, NullLogger.Instance);
        await checkpoints.WriteAsync(shard, checkpoint, default);
    }

    private sealed class Nobody : ILeaseListener
    {
        void ILeaseListener.Taken(HeldLease lease) => Assert.Fail("taken");

        public void Wanted(HeldLease lease, DateTimeOffset deadline) => Assert.Fail("wanted");

        public void Lost(HeldLease lease, string why) => Assert.Fail(why);
    }
}
