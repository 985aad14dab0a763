using System.Text;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kinesis.Tests;

/// <summary>What only Kinesis does to a look: shards that end, aggregates, positions that are of another stream.</summary>
public sealed class KinesisReaderTests : IAsyncLifetime
{
    private readonly string stream = $"look-{Guid.NewGuid():N}";
    private IAmazonKinesis client = null!;
    private KinesisTransport transport = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var options = Servers.Options(await Servers.OwnKinesaliteAsync());
        (options.FetchInterval, options.Aggregate) = (Servers.FetchInterval, true);
        client = KinesisClients.Kinesis(options, NullLogger.Instance);
        transport = new KinesisTransport(options, TimeProvider.System, NullLogger.Instance);
        await transport.Streams.EnsureAsync(stream, 1, Stop);
    }

    public async ValueTask DisposeAsync()
    {
        if (client is null) return;
        await client.DeleteStreamAsync(new DeleteStreamRequest { StreamName = stream }, CancellationToken.None);
        await transport.DisposeAsync();
        client.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_shard_that_was_split_ends_when_it_is_read()
    {
        await PublishAsync(0, 3);
        var parent = Assert.Single(await transport.Reader.LanesAsync(stream, Stop));
        await client.SplitShardAsync(new SplitShardRequest { StreamName = stream, ShardToSplit = parent.Partition, NewStartingHashKey = (UInt128.MaxValue / 2).ToString(null, null) }, Stop);
        var lanes = await transport.Reader.LanesAsync(stream, Stop);
        for (; lanes.Count < 3; lanes = await transport.Reader.LanesAsync(stream, Stop)) await Task.Delay(5, Stop);
        Assert.Equal([true, false, false], lanes.Select(l => l.IsClosed));
        Assert.Equal(parent.Partition, lanes[0].Partition);
        await using var look = await transport.Reader.OpenAsync(stream, parent.Partition, StartPosition.Earliest, Stop);
        Assert.Equal(["0", "1", "2"], (await ReadAsync(look)).Select(m => m.Text));
        Assert.Equal(LaneRead.Ended, await look.ReadAsync(new MessageBatch(1, 1), Stop));
        await using var child = await transport.Reader.OpenAsync(stream, lanes[1].Partition, StartPosition.Earliest, Stop);
        Assert.Empty(await ReadAsync(child));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_look_begins_within_an_aggregate()
    {
        await PublishAsync(0, 6);
        await using var all = await OpenAsync(StartPosition.Earliest);
        var messages = await ReadAsync(all);
        Assert.Contains(messages, m => m.Position.Number > 0); // they are in aggregates
        foreach (var (message, i) in messages.Select((m, i) => (m, i)))
        {
            await using var from = await OpenAsync(StartPosition.Including(message.Position));
            Assert.Equal(messages.Skip(i).Select(m => m.Text), (await ReadAsync(from)).Select(m => m.Text));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_no_position_of_the_shard_is_refused()
    {
        await PublishAsync(0, 1);
        Assert.True((await Assert.ThrowsAsync<TransportException>(async () => await OpenAsync(StartPosition.Behind(new Position(7))))).IsRefused);
        Assert.True((await Assert.ThrowsAsync<TransportException>(async () => await OpenAsync(StartPosition.Behind(new Position("7", 0))))).IsRefused);
    }

    [Fact(Timeout = 60_000)]
    public async Task Where_positions_are_kept_must_be_said()
    {
        var error = await Assert.ThrowsAsync<TransportException>(async () => await transport.Reader.PositionsAsync("group", [stream], Stop));
        Assert.Contains("CheckpointFolder", error.Message, StringComparison.Ordinal);
    }

    private Task PublishAsync(int from, int count) => transport.Publisher.PublishAsync(
        [.. Enumerable.Range(from, count).Select(i => new OutgoingMessage { Topic = stream, Key = "k"u8.ToArray(), Body = Encoding.UTF8.GetBytes($"{i}") })], Stop).AsTask();

    private async Task<ILaneReader> OpenAsync(StartPosition from) => await transport.Reader.OpenAsync(stream, (await transport.Reader.LanesAsync(stream, Stop))[0].Partition, from, Stop);

    /// <summary>All that is there.</summary>
    private static async Task<List<(Position Position, string Text)>> ReadAsync(ILaneReader look)
    {
        var read = new List<(Position, string)>();
        var batch = new MessageBatch(100, 1_000_000);
        while (await look.ReadAsync(batch, Stop) == LaneRead.Messages)
        {
            foreach (ref readonly var message in batch.Messages) read.Add((message.Position, Encoding.UTF8.GetString(message.Body.Span)));
            batch.Clear();
        }

        return read;
    }
}
