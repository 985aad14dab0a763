using System.Text;
using Confluent.Kafka;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kafka.Tests;

/// <summary>What only Kafka does to a look: offsets without messages, groups that may not be asked for, brokers that are away, clients that are kept.</summary>
public sealed class KafkaReaderTests : IAsyncLifetime
{
    private const int Limit = 60_000;

    private Broker broker = null!;
    private KafkaTransport transport = null!;

    public async ValueTask InitializeAsync()
    {
        broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        await broker.CreateTopicAsync("topic", 1);
        transport = Transport(o => o.ConsumerSettings["group.instance.id"] = "mine"); // a member's, and none of a look
    }

    public async ValueTask DisposeAsync()
    {
        await transport.DisposeAsync();
        await broker.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task What_retention_deleted_is_passed_over()
    {
        await PublishAsync(20);
        await broker.TrimAsync("topic", 0, 10);
        await using var look = await OpenAsync(StartPosition.Including(new Position(3)));
        Assert.Equal([10, 11], (await ReadAsync(look, 2)).Select(m => m.Number));
        var lane = Assert.Single(await transport.Reader.LanesAsync("topic", CancellationToken.None));
        Assert.Equal((new Position(10), new Position(19), 10), (lane.First, lane.Last, lane.Messages));
    }

    [Fact(Timeout = Limit)]
    public async Task The_mark_of_a_transaction_at_the_end_is_no_message_that_is_waited_for()
    {
        await PublishAsync(2);
        using (var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = broker.Bootstrap, TransactionalId = "t" }).Build())
        {
            producer.InitTransactions(TimeSpan.FromSeconds(20));
            producer.BeginTransaction();
            producer.Produce("topic", new Message<byte[], byte[]> { Value = "2"u8.ToArray() });
            producer.CommitTransaction();
        }

        await using var look = await OpenAsync(StartPosition.Earliest);
        Assert.Equal(["0", "1", "2"], (await ReadAsync(look, 3)).Select(m => m.Text));
        var batch = new MessageBatch(10, 1000);
        Assert.Equal(LaneRead.AtEnd, await look.ReadAsync(batch, CancellationToken.None));
        Assert.Equal(LaneRead.AtEnd, await look.ReadAsync(batch, CancellationToken.None));
        Assert.True(Assert.Single(await transport.Reader.LanesAsync("topic", CancellationToken.None)).Last > new Position(2), "The broker writes no marks.");
        await PublishAsync(1);
        Assert.Equal(["0"], (await ReadAsync(look, 1)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_that_may_not_know_of_groups_looks_all_the_same()
    {
        await PublishAsync(3);
        await broker.FailAsync(KafkaApi.FindCoordinator, (int)ErrorCode.GroupAuthorizationFailed, 1000);
        await using var look = await OpenAsync(StartPosition.Earliest);
        Assert.Equal(["0", "1", "2"], (await ReadAsync(look, 3)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task While_the_broker_is_away_a_look_fails_with_an_error_that_passes()
    {
        await PublishAsync(3);
        await using var impatient = Transport(o => o.CallTimeout = TimeSpan.FromSeconds(3));
        await using var look = await impatient.Reader.OpenAsync("topic", "0", StartPosition.Earliest, CancellationToken.None);
        Assert.Equal(["0", "1", "2"], (await ReadAsync(look, 3)).Select(m => m.Text));
        await broker.DownAsync(-1);
        var batch = new MessageBatch(10, 1000);
        // The end that was met before it went away may be told first.
        var error = await Assert.ThrowsAsync<TransportException>(async () =>
        {
            while (true) await look.ReadAsync(batch, CancellationToken.None);
        });
        Assert.True(error.IsTransient, error.Message);
        Assert.True((await Assert.ThrowsAsync<TransportException>(async () => await impatient.Reader.LanesAsync("topic", CancellationToken.None))).IsTransient);
        await broker.UpAsync(-1);
        Assert.Equal(3, Assert.Single(await transport.Reader.LanesAsync("topic", CancellationToken.None)).Messages);
    }

    [Fact(Timeout = Limit)]
    public async Task A_stop_ends_a_read_that_waits_and_passes_nothing_over()
    {
        await using var look = await OpenAsync(StartPosition.Earliest);
        await broker.SetRoundTripAsync(-1, TimeSpan.FromSeconds(2));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var batch = new MessageBatch(10, 1000);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (true) await look.ReadAsync(batch, stop.Token);
        });
        await broker.SetRoundTripAsync(-1, TimeSpan.Zero);
        await PublishAsync(1);
        Assert.Equal(["0"], (await ReadAsync(look, 1)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task Looks_one_after_the_other_share_a_client_and_no_group_is_joined()
    {
        await PublishAsync(3);
        await broker.ClearAsync();
        for (var i = 0; i < 20; i++)
        {
            await using var look = await OpenAsync(StartPosition.Including(new Position(i % 3)));
            Assert.Equal($"{i % 3}", (await ReadAsync(look, 1))[0].Text);
        }

        Assert.InRange(await broker.RequestsAsync(KafkaApi.ApiVersions), 0, 8); // one a connection
        Assert.Equal(0, await broker.RequestsAsync(KafkaApi.JoinGroup));
        Assert.Equal(0, await broker.RequestsAsync(KafkaApi.OffsetCommit));
    }

    private KafkaTransport Transport(Action<KafkaOptions> configure)
    {
        var options = new KafkaOptions { Servers = broker.Bootstrap };
        configure(options);
        return new(options, TimeProvider.System, NullLogger.Instance);
    }

    private async Task PublishAsync(int count) =>
        await transport.Publisher.PublishAsync([.. Enumerable.Range(0, count).Select(i => new OutgoingMessage { Topic = "topic", Key = "k"u8.ToArray(), Body = Encoding.UTF8.GetBytes($"{i}") })]);

    private ValueTask<ILaneReader> OpenAsync(StartPosition from) => transport.Reader.OpenAsync("topic", "0", from, CancellationToken.None);

    private static async Task<List<(long Number, string Text)>> ReadAsync(ILaneReader look, int count)
    {
        var read = new List<(long, string)>();
        while (read.Count < count)
        {
            var batch = new MessageBatch(count - read.Count, 1_000_000);
            await look.ReadAsync(batch, TestContext.Current.CancellationToken);
            foreach (ref readonly var message in batch.Messages) read.Add((message.Position.Number, Encoding.UTF8.GetString(message.Body.Span)));
        }

        return read;
    }
}
