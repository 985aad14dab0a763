using System.Globalization;
using System.Text;
using Amazon.Kinesis.Model;
using Handlers.Kinesis.Peers;

namespace Handlers.Kinesis.Tests;

/// <summary>Reading and publishing on real wire, beside other people's clients, with a proxy that does what emulators do not.</summary>
public sealed class WireTests : IAsyncLifetime
{
    private readonly ReadLogged log = new();
    private readonly KinesisOptions options = new()
    {
        Region = Emulator.Region,
        AccessKey = Emulator.AccessKey,
        SecretKey = Emulator.SecretKey,
        FetchInterval = TimeSpan.FromMilliseconds(20),
        Retry = new KinesisRetry(Delay: TimeSpan.FromMilliseconds(20)),
    };
    private readonly List<IAsyncDisposable> open = [];
    private KinesisProxy proxy = null!;
    private Emulator emulator = null!;
    private KinesisCalls calls = null!;
    private KinesisStreams streams = null!;
    private KinesisPublisher publisher = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Emulator.Missing is null, Emulator.Missing ?? "");
        await BeginAsync(await Kinesalite.StartAsync(stop: Stop));
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = open.Count - 1; i >= 0; i--) await open[i].DisposeAsync();
    }

    [Fact]
    public async Task What_is_published_is_read_and_other_clients_read_it_too()
    {
        await streams.EnsureAsync("s", 1, Stop);
        Assert.SkipUnless(NodeKinesis.Missing is null, NodeKinesis.Missing ?? "");
        await publisher.PublishAsync([Message("a", "1"), Message("é", "2"), Message("a", "3") with { Headers = new Headers(Header.Of("type", "x")) }], Stop);
        Assert.Equal(["1", "2", "3"], (await ReadAsync(Reader("s", LeaseCheckpoint.Horizon), 3)).Order(StringComparer.Ordinal));
        var theirs = await NodeKinesis.ReadAsync(emulator.Endpoint, "s", deaggregate: true, Stop);
        Assert.Equal([("a", "1"), ("a", "3"), ("é", "2")], theirs.Select(static r => (r.Key, r.Text)).Order());
    }

    [Fact]
    public async Task Our_aggregates_are_theirs_and_theirs_are_ours()
    {
        Assert.SkipUnless(NodeKinesis.Missing is null, NodeKinesis.Missing ?? "");
        await streams.EnsureAsync("s", 1, Stop);
        options.Aggregate = true;
        await using var aggregating = new KinesisPublisher(calls, streams, options);
        await aggregating.PublishAsync([.. Enumerable.Range(0, 50).Select(static i => Message("k", $"{i}"))], Stop);
        var theirs = await NodeKinesis.ReadAsync(emulator.Endpoint, "s", deaggregate: true, Stop);
        Assert.Equal(Enumerable.Range(0, 50).Select(static i => ("k", $"{i}", (long?)i)), theirs.Select(static r => (r.Key, r.Text, r.SubSequence)));
        Assert.Single(theirs.Select(static r => r.Position!.Sequence).Distinct());
        await NodeKinesis.AggregateAsync(emulator.Endpoint, "s", Enumerable.Range(50, 50).Select(static i => new PeerRecord("x", $"{i}")), Stop);
        await NodeKinesis.PutAsync(emulator.Endpoint, "s", [new PeerRecord("y", "100")], Stop);
        Assert.Equal(Enumerable.Range(0, 101).Select(static i => $"{i}"), await ReadAsync(Reader("s", LeaseCheckpoint.Horizon), 101));
    }

    [Fact]
    public async Task A_reader_goes_on_within_an_aggregate()
    {
        await streams.EnsureAsync("s", 1, Stop);
        options.Aggregate = true;
        await using var aggregating = new KinesisPublisher(calls, streams, options);
        await aggregating.PublishAsync([.. Enumerable.Range(0, 10).Select(static i => Message("k", $"{i}"))], Stop);
        await publisher.PublishAsync(Message("k", "10"), Stop);
        var first = Reader("s", LeaseCheckpoint.Horizon);
        await ReadAsync(first, 4, batch: 4);
        Assert.Equal(3, first.State.LastRead!.Value.Number);
        Assert.Equal(["4", "5", "6", "7", "8", "9", "10"], await ReadAsync(Reader("s", LeaseCheckpoint.After(first.State.LastRead!.Value)), 7));
    }

    [Fact]
    public async Task Throttled_dropped_and_expired_nothing_is_lost_and_nothing_comes_twice()
    {
        await streams.EnsureAsync("s", 1, Stop);
        await publisher.PublishAsync([.. Enumerable.Range(0, 400).Select(static i => Message($"{i}", $"{i}"))], Stop);
        var reader = Reader("s", LeaseCheckpoint.Horizon);
        var read = new List<string>();
        proxy.Fail("GetRecords", "ProvisionedThroughputExceededException", count: 2);
        read.AddRange(await ReadAsync(reader, 100, batch: 10, limit: 50));
        proxy.ExpireIterators();
        read.AddRange(await ReadAsync(reader, 100, batch: 10, limit: 50));
        proxy.DropAnswer("GetRecords", 3);
        proxy.Fail("GetRecords", "InternalFailure", 500);
        read.AddRange(await ReadAsync(reader, 100, batch: 10, limit: 50));
        proxy.Drop("GetRecords", 2);
        proxy.ExpireIterators();
        proxy.Fail("GetShardIterator", "ProvisionedThroughputExceededException");
        read.AddRange(await ReadAsync(reader, 100, batch: 10, limit: 50));
        Assert.Equal(400, read.Distinct().Count());
        Assert.Equal(400, read.Count);
        Assert.Equal(2, log.Count(4105));
        Assert.True(calls.Throttled >= 3);
    }

    [Fact]
    public async Task Records_that_a_request_loses_are_sent_again_and_keep_their_order()
    {
        await streams.EnsureAsync("s", 1, Stop);
        for (var i = 0; i < 6; i++) proxy.FailRecords(i % 2 == 0 ? "ProvisionedThroughputExceededException" : "InternalFailure", 0, 2);
        proxy.Drop("PutRecords");
        await publisher.PublishAsync([.. Enumerable.Range(0, 60).Select(static i => Message($"k{i % 5}", $"{i}"))], Stop);
        var read = await ReadAsync(Reader("s", LeaseCheckpoint.Horizon), 60);
        foreach (var key in read.GroupBy(static t => int.Parse(t, CultureInfo.InvariantCulture) % 5))
            Assert.Equal(key.Select(static t => int.Parse(t, CultureInfo.InvariantCulture)).Order(), key.Select(static t => int.Parse(t, CultureInfo.InvariantCulture)));
        Assert.Equal(60, read.Distinct().Count());
    }

    [Fact]
    public async Task A_split_shard_is_read_to_its_end_and_its_children_found_in_the_list()
    {
        await streams.EnsureAsync("s", 1, Stop);
        await publisher.PublishAsync([.. Enumerable.Range(0, 20).Select(static i => Message($"{i}", $"{i}"))], Stop);
        await SplitAsync("s");
        var reader = Reader("s", LeaseCheckpoint.Horizon);
        Assert.Equal(20, (await ReadAsync(reader, 21)).Distinct().Count());
        await CheckChildrenAsync(reader);
    }

    [Fact]
    public async Task And_where_the_last_answer_names_them_by_that()
    {
        await ReplaceAsync(await KinesisLocal.StartAsync(stop: Stop));
        await streams.EnsureAsync("s", 1, Stop);
        await publisher.PublishAsync([.. Enumerable.Range(0, 20).Select(static i => Message($"{i}", $"{i}"))], Stop);
        await SplitAsync("s");
        var listed = proxy.Calls("ListShards");
        var reader = Reader("s", LeaseCheckpoint.Horizon);
        Assert.Equal(20, (await ReadAsync(reader, 21)).Distinct().Count());
        Assert.Equal(listed, proxy.Calls("ListShards"));
        await CheckChildrenAsync(reader);
        await RefusedAsync();
    }

    [Fact]
    public async Task A_position_of_another_shard_is_refused()
    {
        await streams.EnsureAsync("s", 2, Stop);
        await publisher.PublishAsync([.. Enumerable.Range(0, 20).Select(static i => Message($"{i}", $"{i}"))], Stop);
        await RefusedAsync();
    }

    [Fact]
    public async Task What_is_wrong_with_a_stream_is_told()
    {
        await streams.EnsureAsync("papers", 1, Stop);
        var e = await Assert.ThrowsAsync<TransportException>(async () => await streams.EnsureAsync("papes", null, Stop));
        Assert.Contains("Did you mean 'papers'?", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<TransportException>(async () => await publisher.PublishAsync(Message("k", "x") with { Topic = "papes" }, Stop));
        Assert.Contains("Did you mean 'papers'?", e.Message, StringComparison.Ordinal);
        proxy.Down = true;
        e = await Assert.ThrowsAsync<TransportException>(async () => await streams.EnsureAsync("papers", null, Stop));
        Assert.True(e.IsTransient, e.Message);
        Assert.Equal(4, log.Count(4112));
    }

    private async Task RefusedAsync()
    {
        var e = await Assert.ThrowsAsync<TransportException>(async () => await Reader("s", LeaseCheckpoint.After(new Position("49500000000000000000000000000000000000000000000000000002", 0))).FetchAsync(10, Stop));
        Assert.True(e.IsRefused, e.Message);
        options.OnLostPosition = KinesisLostPosition.StartOver;
        Assert.NotEmpty(await ReadAsync(Reader("s", LeaseCheckpoint.After(new Position("49500000000000000000000000000000000000000000000000000002", 0))), 1));
        Assert.Equal(1, log.Count(4106));
    }

    private async Task CheckChildrenAsync(ShardReader reader)
    {
        Assert.Equal(ShardRead.End, await reader.FetchAsync(10, Stop));
        var listed = await streams.ShardsAsync("s", Stop);
        Assert.Equal(listed.Where(static s => s.Parents.Count > 0).Select(static s => (s.Id, s.Keys)).Order(), reader.Children.Select(static s => (s.Id, s.Keys)).Order());
        Assert.All(reader.Children, static c => Assert.Equal(["shardId-000000000000"], c.Parents));
        Assert.Equal(2, reader.Children.Count);
        Assert.True(listed.Single(static s => s.Id == "shardId-000000000000").IsClosed);
    }

    private async Task SplitAsync(string stream)
    {
        using var client = KinesisClients.Kinesis(options, log);
        await client.SplitShardAsync(new SplitShardRequest { StreamName = stream, ShardToSplit = "shardId-000000000000", NewStartingHashKey = "170141183460469231731687303715884105728" }, Stop);
        await streams.EnsureAsync(stream, null, Stop);
        while ((await streams.ShardsAsync(stream, Stop)).Count < 3) await Task.Delay(5, Stop);
        while (!(await streams.ShardsAsync(stream, Stop))[0].IsClosed) await Task.Delay(5, Stop);
    }

    private async Task BeginAsync(Emulator started)
    {
        emulator = started;
        open.Add(emulator);
        proxy = await KinesisProxy.StartAsync(emulator.Endpoint, Stop);
        open.Add(proxy);
        options.Endpoint = proxy.Endpoint;
        var client = KinesisClients.Kinesis(options, log);
        calls = new KinesisCalls(client, options.Retry, TimeProvider.System, log);
        streams = new KinesisStreams(calls);
        publisher = new KinesisPublisher(calls, streams, options);
        open.Add(publisher);
    }

    private async Task ReplaceAsync(Emulator other)
    {
        await DisposeAsync();
        open.Clear();
        await BeginAsync(other);
    }

    private ShardReader Reader(string stream, LeaseCheckpoint from) =>
        new(calls, streams, new ShardToRead(stream, "shardId-000000000000", from, MessageParts.All), options);

    /// <summary>The next texts, or fewer where the shard ends.</summary>
    private static async Task<List<string>> ReadAsync(ShardReader reader, int count, int batch = 1000, int limit = 10_000)
    {
        List<string> read = [];
        while (read.Count < count)
        {
            var into = new MessageBatch(Math.Min(batch, count - read.Count), 1_000_000);
            if (reader.TryTake(into))
                foreach (ref readonly var message in into.Messages) read.Add(Encoding.UTF8.GetString(message.Body.Span));
            else if (await reader.FetchAsync(limit, Stop) == ShardRead.End) break;
        }

        return read;
    }

    private static OutgoingMessage Message(string key, string body) => new() { Topic = "s", Key = OutgoingMessage.Utf8(key), Body = Encoding.UTF8.GetBytes(body) };
}
