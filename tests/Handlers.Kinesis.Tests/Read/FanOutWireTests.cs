using System.Text;
using Amazon.Kinesis;
using Amazon.Runtime;
using Handlers.Kinesis.Peers;

namespace Handlers.Kinesis.Tests;

/// <summary>Fan-out over TLS and HTTP/2, from kinesis-local.</summary>
public sealed class FanOutWireTests : IAsyncLifetime
{
    private readonly ReadLogged log = new();
    private readonly KinesisOptions options = new()
    {
        Region = Emulator.Region,
        AccessKey = Emulator.AccessKey,
        SecretKey = Emulator.SecretKey,
        VerifyTls = false,
        Retry = new KinesisRetry(Delay: TimeSpan.FromMilliseconds(20)),
    };
    private KinesisLocal emulator = null!;
    private IAmazonKinesis client = null!;
    private KinesisCalls calls = null!;
    private KinesisStreams streams = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Emulator.Missing is null, Emulator.Missing ?? "");
        emulator = await KinesisLocal.StartAsync(stop: Stop);
        options.Endpoint = emulator.TlsEndpoint;
        client = KinesisClients.Kinesis(options, log);
        calls = new KinesisCalls(client, options.Retry, TimeProvider.System, log);
        streams = new KinesisStreams(calls);
        await streams.EnsureAsync("s", 1, Stop);
    }

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        if (emulator is not null) await emulator.DisposeAsync();
    }

    [Fact]
    public async Task A_certificate_is_looked_at_unless_it_is_not_to_be()
    {
        Assert.Equal(1, log.Count(4101));
        options.VerifyTls = true;
        using var strict = KinesisClients.Kinesis(options, log);
        var e = await Assert.ThrowsAsync<TransportException>(async () => await new KinesisStreams(new KinesisCalls(strict, options.Retry, TimeProvider.System, log)).EnsureAsync("s", null, Stop));
        Assert.Contains("certificate is not trusted", e.Message, StringComparison.Ordinal);
        Assert.False(e.IsTransient);
        Assert.Equal(1, log.Count(4101));
    }

    [Fact]
    public async Task Records_come_by_themselves_and_reading_goes_on_where_it_stood()
    {
        options.Aggregate = true;
        await using var publisher = new KinesisPublisher(calls, streams, options);
        await publisher.PublishAsync([.. Enumerable.Range(0, 10).Select(static i => Message($"{i}"))], Stop);
        var consumers = new KinesisConsumers(calls);
        var consumer = await consumers.EnsureAsync("s", "group", Stop);
        Assert.Equal(consumer, await consumers.EnsureAsync("s", "group", Stop)); // it is there now
        Position last;
        await using (var reader = Fan(consumer, LeaseCheckpoint.Horizon))
        {
            Assert.Equal(["0", "1", "2", "3"], await ReadAsync(reader, 4));
            last = reader.State.LastRead!.Value;
            Assert.Equal(3, last.Number);
        }

        // Within the aggregate; and the consumer is the old reader's for a moment yet.
        await using var next = Fan(consumer, LeaseCheckpoint.After(last));
        Assert.Equal(["4", "5", "6", "7", "8", "9"], await ReadAsync(next, 6));
        await publisher.PublishAsync(Message("10"), Stop);
        Assert.Equal(["10"], await ReadAsync(next, 1));
        Assert.Equal(4, next.Replayed);
    }

    [Fact]
    public async Task A_subscription_outlives_the_time_that_a_call_may_take()
    {
        using var quick = new AmazonKinesisClient(
            new BasicAWSCredentials(Emulator.AccessKey, Emulator.SecretKey),
            new AmazonKinesisConfig { ServiceURL = emulator.Endpoint, AuthenticationRegion = Emulator.Region, MaxErrorRetry = 0, Timeout = TimeSpan.FromSeconds(1) });
        var impatient = new KinesisCalls(quick, options.Retry, TimeProvider.System, log);
        var consumers = new KinesisConsumers(impatient);
        var consumer = await consumers.EnsureAsync("s", "group", Stop);
        await using var events = await consumers.SubscribeAsync(consumer, "s", "shardId-000000000000", StartingPoint.Latest, Stop);
        // One a second.
        for (var i = 0; i < 4; i++) Assert.NotNull(await events.NextAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Stop));
    }

    private FanOutReader Fan(string consumer, LeaseCheckpoint from)
    {
        var consumers = new KinesisConsumers(calls);
        return new FanOutReader(
            calls, streams, new ShardToRead("s", "shardId-000000000000", from, MessageParts.All), KinesisLostPosition.Fail,
            (at, stop) => consumers.SubscribeAsync(consumer, "s", "shardId-000000000000", at, stop));
    }

    private static async Task<List<string>> ReadAsync(FanOutReader reader, int count)
    {
        List<string> read = [];
        while (read.Count < count)
        {
            var into = new MessageBatch(count - read.Count, 1_000_000);
            if (reader.TryTake(into))
                foreach (ref readonly var message in into.Messages) read.Add(Encoding.UTF8.GetString(message.Body.Span));
            else await reader.FetchAsync(1, Stop);
        }

        return read;
    }

    private static OutgoingMessage Message(string body) => new() { Topic = "s", Key = "k"u8.ToArray(), Body = Encoding.UTF8.GetBytes(body) };
}
