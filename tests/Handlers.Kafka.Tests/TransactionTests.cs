using Confluent.Kafka;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kafka.Tests;

/// <summary>
/// Transactions that a broker refuses, ends, or does not answer. The broker process shows what was aborted to every reader, so here results are
/// counted by attempts; that none is read twice is held by the contract suite, against a cluster (KAFKA_BOOTSTRAP_SERVERS).
/// </summary>
public sealed class TransactionTests : IAsyncLifetime
{
    private const int Limit = 60_000;
    private const int InvalidProducerEpoch = 47;
    private const int TransactionalIdAuthorizationFailed = 53;
    private const int CoordinatorNotAvailable = 15;

    private Broker broker = null!;
    private KafkaTransport transport = null!;
    private ISubscription subscription = null!;
    private ITransactionalLane lane = null!;
    private IConsumer<byte[], byte[]>? consumer; // the subscription's own
    private Position last;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        broker = await Broker.StartAsync(stop: Stop);
        await broker.CreateTopicAsync("orders", 1);
        await broker.CreateTopicAsync("results", 1);
        var options = new KafkaOptions { Servers = broker.Bootstrap, CallTimeout = TimeSpan.FromSeconds(3), TransactionalId = "me" };
        foreach (var (name, value) in TestSettings.ConsumerProtocol) options.ConsumerSettings[name] = value;
        options.ProducerSettings["retry.backoff.ms"] = "10";
        options.ConsumerBuilder = config => new Watched(config, made => consumer = made);
        transport = new KafkaTransport(options, TimeProvider.System, NullLogger.Instance);
        for (var i = 0; i < 3; i++) await transport.Publisher.PublishAsync(new OutgoingMessage { Topic = "orders", Body = OutgoingMessage.Utf8("x") }, Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await transport.DisposeAsync();
        await broker.DisposeAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData((int)ErrorCode.IllegalGeneration)]
    [InlineData((int)ErrorCode.UnknownMemberId)]
    public async Task One_that_the_group_refuses_is_aborted_and_made_again(int refused)
    {
        await JoinAsync();
        await broker.FailAsync(KafkaApi.TxnOffsetCommit, refused);
        await CommitAsync("a"); // waits until the group has settled
        Assert.Equal(2, await broker.RequestsAsync(KafkaApi.TxnOffsetCommit));
        Assert.Equal("a", Results().Last());
        await CommitNothingAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_coordinator_that_is_away_for_a_moment_is_waited_for()
    {
        await JoinAsync();
        await broker.FailAsync(KafkaApi.TxnOffsetCommit, CoordinatorNotAvailable, count: 2);
        await broker.FailAsync(KafkaApi.AddOffsetsToTxn, CoordinatorNotAvailable, count: 2);
        await CommitAsync("a");
        Assert.Equal(["a"], Results());
        await CommitNothingAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_fenced_producer_is_made_anew_and_nothing_that_was_stored_is_forgotten()
    {
        await JoinAsync();
        await broker.FailAsync(KafkaApi.EndTxn, InvalidProducerEpoch);
        var refused = await Assert.ThrowsAsync<TransportException>(() => CommitAsync("a"));
        Assert.True(refused.IsTransient, refused.Message);
        Assert.Contains("Committing for group 'group' failed: the broker ended the transaction", refused.Message, StringComparison.Ordinal);
        await CommitAsync("b");
        Assert.Equal(["a", "a", "b"], Results());
        await CommitNothingAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task One_without_an_answer_that_was_committed_is_not_made_again()
    {
        await JoinAsync();
        await broker.FailAtAsync(1, KafkaApi.EndTxn, 0, late: TimeSpan.FromSeconds(5));
        Assert.True((await Assert.ThrowsAsync<TransportException>(() => CommitAsync("a"))).IsTransient);
        consumer!.Commit([new TopicPartitionOffset("orders", 0, last.Number + 1)]); // the broker process forgets what was in the transaction
        await CommitAsync("b");
        Assert.Equal(["a", "b"], Results());
        await CommitNothingAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task One_without_an_answer_that_was_not_committed_is_made_again()
    {
        await JoinAsync();
        await broker.FailAtAsync(1, KafkaApi.EndTxn, 0, late: TimeSpan.FromSeconds(5));
        Assert.True((await Assert.ThrowsAsync<TransportException>(() => CommitAsync("a"))).IsTransient);
        await CommitAsync("b");
        Assert.Equal(["a", "a", "b"], Results());
    }

    [Fact(Timeout = Limit)]
    public async Task A_result_that_is_too_large_names_its_topic()
    {
        await JoinAsync();
        var refused = await Assert.ThrowsAsync<TransportException>(() => CommitAsync(new string('x', 2_000_000)));
        Assert.False(refused.IsTransient);
        Assert.Contains("publishing to topic 'results'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("message.max.bytes", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Who_may_have_no_transactions_hears_of_it_at_the_start()
    {
        await broker.FailAsync(KafkaApi.InitProducerId, TransactionalIdAuthorizationFailed);
        var refused = await Assert.ThrowsAsync<TransportException>(SubscribeAsync);
        Assert.False(refused.IsTransient);
        Assert.Contains("Grant this client Write on the transactional id.", refused.Message, StringComparison.Ordinal);
    }

    private async Task SubscribeAsync() => subscription = await transport.SubscribeAsync(
        new SubscriptionRequest { Group = "group", Topics = [new("orders", StartPosition.Earliest, default) { IsTransactional = true }], RevokeBudget = TimeSpan.FromSeconds(5) }, Stop);

    private async Task JoinAsync()
    {
        await SubscribeAsync();
        await foreach (var given in subscription.LanesAsync(Stop))
        {
            lane = (ITransactionalLane)given;
            break;
        }
    }

    /// <summary>The next message has its outcome, with one result.</summary>
    private async Task CommitAsync(string result)
    {
        var batch = new MessageBatch(1, 1000);
        Assert.True(await lane.ReadAsync(batch, Stop));
        last = batch[0].Position;
        batch.Clear();
        lane.Store(last, [new OutgoingMessage { Topic = "results", Body = OutgoingMessage.Utf8(result) }]);
        await subscription.FlushAsync(Stop);
    }

    private async Task CommitNothingAsync()
    {
        var before = await broker.RequestsAsync(KafkaApi.EndTxn);
        await subscription.FlushAsync(Stop);
        Assert.Equal(before, await broker.RequestsAsync(KafkaApi.EndTxn));
    }

    /// <summary>What is in the log, from its beginning to its end.</summary>
    private List<string> Results()
    {
        using var reader = new ConsumerBuilder<Null, string>(new ConsumerConfig { BootstrapServers = broker.Bootstrap, GroupId = "reader", EnablePartitionEof = true }).Build();
        reader.Assign(new TopicPartitionOffset("results", 0, Offset.Beginning));
        var found = new List<string>();
        while (reader.Consume(Stop) is { IsPartitionEOF: false } result) found.Add(result.Message.Value);
        reader.Close();
        return found;
    }

    private sealed class Watched(ConsumerConfig config, Action<IConsumer<byte[], byte[]>> made) : ConsumerBuilder<byte[], byte[]>(config)
    {
        public override IConsumer<byte[], byte[]> Build()
        {
            var consumer = base.Build();
            made(consumer);
            return consumer;
        }
    }
}
