using System.Net;
using System.Text;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime.EventStreams;
using Handlers.Kinesis.Peers;

namespace Handlers.Kinesis.Sdk.Tests;

/// <summary>One emulator for all tests of a class; none where it cannot run.</summary>
public sealed class KinesisLocalServer : IAsyncLifetime
{
    public KinesisLocal Emulator { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (Peers.Emulator.Missing is null) Emulator = await KinesisLocal.StartAsync();
    }

    public ValueTask DisposeAsync() => Emulator?.DisposeAsync() ?? default;
}

/// <summary>The client against kinesis-local: TLS, pages, consumers, subscriptions.</summary>
public sealed class KinesisLocalTests(KinesisLocalServer server) : IClassFixture<KinesisLocalServer>
{
    private const int Limit = 60_000;
    private const string First = "shardId-000000000000";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_certificate_that_nobody_trusts_is_refused_unless_verification_is_off()
    {
        using var direct = Client();
        using var strict = Clients.For(server.Emulator.TlsEndpoint);
        await Assert.ThrowsAnyAsync<Exception>(() => strict.ListStreamsAsync(new ListStreamsRequest(), Stop));
        using var client = Clients.For(server.Emulator.TlsEndpoint, http: new UnverifiedHttp());
        Assert.NotNull((await client.ListStreamsAsync(new ListStreamsRequest(), Stop)).StreamNames);
    }

    [Fact(Timeout = Limit)]
    public async Task Shards_come_in_pages_and_filtered()
    {
        using var client = Client();
        var stream = await client.StreamAsync(shards: 3);
        var page = await client.ListShardsAsync(new ListShardsRequest { StreamName = stream, MaxResults = 2 }, Stop);
        Assert.Equal(2, page.Shards.Count);
        var rest = await client.ListShardsAsync(new ListShardsRequest { NextToken = page.NextToken, MaxResults = 2 }, Stop);
        Assert.Single(rest.Shards);
        Assert.Null(rest.NextToken);
        await client.SplitShardAsync(new SplitShardRequest { StreamName = stream, ShardToSplit = First, NewStartingHashKey = "100" }, Stop);
        await client.ActiveAsync(stream);
        var open = await client.ListShardsAsync(new ListShardsRequest { StreamName = stream, ShardFilter = new ShardFilter { Type = ShardFilterType.AT_LATEST } }, Stop);
        Assert.Equal(4, open.Shards.Count);
        Assert.DoesNotContain(open.Shards, s => s.ShardId == First);
    }

    [Fact(Timeout = Limit)]
    public async Task A_closed_shard_ends_with_its_children()
    {
        using var client = Client();
        var stream = await client.StreamAsync();
        await PutAsync(client, stream, "last");
        var iterator = await client.IteratorAsync(stream, First, ShardIteratorType.TRIM_HORIZON);
        await client.SplitShardAsync(new SplitShardRequest { StreamName = stream, ShardToSplit = First, NewStartingHashKey = "100" }, Stop);
        var read = await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator }, Stop);
        Assert.Equal("last", Encoding.UTF8.GetString(Assert.Single(read.Records).Data.ToArray()));
        Assert.Null(read.NextShardIterator);
        Assert.Equal(2, read.ChildShards.Count);
        Assert.All(read.ChildShards, c => Assert.Equal([First], c.ParentShards));
    }

    [Fact(Timeout = Limit)]
    public async Task The_number_of_shards_is_changed()
    {
        using var client = Client();
        var stream = await client.StreamAsync();
        var changed = await client.UpdateShardCountAsync(new UpdateShardCountRequest { StreamName = stream, TargetShardCount = 2, ScalingType = ScalingType.UNIFORM_SCALING }, Stop);
        Assert.Equal(2, changed.TargetShardCount);
        Assert.Equal(2, (await client.ActiveAsync(stream)).OpenShardCount);
    }

    [Theory(Timeout = Limit)]
    [InlineData(false), InlineData(true)]
    public async Task A_subscription_brings_events_until_it_is_given_up(bool tls)
    {
        using var direct = Client();
        var http = new UnverifiedHttp();
        using var client = Clients.For(tls ? server.Emulator.TlsEndpoint : server.Emulator.Endpoint, http: http);
        var stream = await client.StreamAsync();
        var consumer = await ConsumerAsync(client, (await client.ActiveAsync(stream)).StreamARN);
        var number = await PutAsync(client, stream, "first");

        using var subscription = await SubscribeAsync(client, consumer);
        Assert.Equal(tls ? HttpVersion.Version20 : HttpVersion.Version11, http.Version);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var events = subscription.EventStream.GetAsyncEnumerator(stop.Token);
        Assert.True(await events.MoveNextAsync());
        var received = Assert.IsType<SubscribeToShardEvent>(events.Current);
        Assert.Equal(number, Assert.Single(received.Records).SequenceNumber);
        Assert.Equal(number, received.ContinuationSequenceNumber);
        Assert.Null(received.ChildShards);

        using var second = await SubscribeAsync(client, consumer);
        var taken = await Assert.ThrowsAsync<KinesisEventStreamException>(async () => await second.EventStream.GetAsyncEnumerator(Stop).MoveNextAsync());
        Assert.IsType<ResourceInUseException>(taken.InnerException);

        var rest = DrainAsync(events);
        await stop.CancelAsync();
        var ended = await Assert.ThrowsAsync<KinesisEventStreamException>(() => rest);
        Assert.IsAssignableFrom<OperationCanceledException>(ended.InnerException);
        await client.DeregisterStreamConsumerAsync(new DeregisterStreamConsumerRequest { ConsumerARN = consumer }, Stop);
    }

    [Fact(Timeout = Limit)]
    public async Task A_subscription_passes_the_proxy_and_breaks_off_when_it_is_down()
    {
        using var direct = Client();
        await using var proxy = await KinesisProxy.StartAsync(server.Emulator.Endpoint, Stop);
        using var client = Clients.For(proxy.Endpoint);
        var stream = await client.StreamAsync();
        var consumer = await ConsumerAsync(client, (await client.ActiveAsync(stream)).StreamARN);
        var number = await PutAsync(client, stream, "first");
        using var subscription = await SubscribeAsync(client, consumer);
        await using var events = subscription.EventStream.GetAsyncEnumerator(Stop);
        Assert.True(await events.MoveNextAsync());
        Assert.Equal(number, Assert.Single(Assert.IsType<SubscribeToShardEvent>(events.Current).Records).SequenceNumber);
        proxy.Down = true;
        var broken = await Assert.ThrowsAsync<KinesisEventStreamException>(() => DrainAsync(events));
        Assert.IsAssignableFrom<IOException>(broken.InnerException);
    }

    private static async Task DrainAsync(IAsyncEnumerator<IEventStreamEvent> events)
    {
        while (await events.MoveNextAsync()) Assert.IsType<SubscribeToShardEvent>(events.Current);
    }

    private static async Task<string> ConsumerAsync(AmazonKinesisClient client, string arn)
    {
        var consumer = (await client.RegisterStreamConsumerAsync(new RegisterStreamConsumerRequest { StreamARN = arn, ConsumerName = "c" }, Stop)).Consumer;
        Assert.Equal("c", consumer.ConsumerName);
        while (true)
        {
            var described = (await client.DescribeStreamConsumerAsync(new DescribeStreamConsumerRequest { StreamARN = arn, ConsumerName = "c" }, Stop)).ConsumerDescription;
            Assert.Equal(consumer.ConsumerARN, described.ConsumerARN);
            if (described.ConsumerStatus == ConsumerStatus.ACTIVE) return described.ConsumerARN;
            await Task.Delay(TimeSpan.FromMilliseconds(5), Stop);
        }
    }

    private static async Task<string> PutAsync(AmazonKinesisClient client, string stream, string text) =>
        (await client.PutRecordAsync(new PutRecordRequest { StreamName = stream, PartitionKey = "k", Data = new MemoryStream(Encoding.UTF8.GetBytes(text)) }, Stop)).SequenceNumber;

    private static Task<SubscribeToShardResponse> SubscribeAsync(AmazonKinesisClient client, string consumer) =>
        client.SubscribeToShardAsync(new SubscribeToShardRequest { ConsumerARN = consumer, ShardId = First, StartingPosition = new StartingPosition { Type = ShardIteratorType.TRIM_HORIZON } }, Stop);

    private AmazonKinesisClient Client()
    {
        Assert.SkipUnless(Emulator.Missing is null, Emulator.Missing ?? "");
        return Clients.For(server.Emulator.Endpoint);
    }
}
