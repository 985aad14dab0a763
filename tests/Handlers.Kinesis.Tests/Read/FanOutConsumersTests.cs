using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kinesis.Tests;

/// <summary>The consumer that fan-out reads by: registered once, and again when somebody has taken it away.</summary>
public sealed class FanOutConsumersTests : IAsyncDisposable
{
    private const int Limit = 60_000;

    private readonly Registry service = new();
    private readonly KinesisTransport transport;

    public FanOutConsumersTests() => transport = new KinesisTransport(
        new KinesisOptions { Client = () => service, Reads = KinesisReads.FanOut, OnLostPosition = KinesisLostPosition.StartOver, Retry = new KinesisRetry(Delay: TimeSpan.FromMilliseconds(1)) },
        TimeProvider.System, NullLogger.Instance);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_consumer_that_was_deregistered_is_registered_anew_and_the_position_is_kept()
    {
        await using (var first = Reader(LeaseCheckpoint.Horizon)) await first.OpenAsync(Stop);
        service.Deregister();
        await using var reader = Reader(LeaseCheckpoint.After(new Position("9", 0)));
        Assert.Equal(ShardRead.Nothing, await reader.OpenAsync(Stop)); // and not StartedOver
        Assert.Equal(["arn:1 TRIM_HORIZON", "arn:1 AT_SEQUENCE_NUMBER 9", "arn:2 AT_SEQUENCE_NUMBER 9"], service.Subscriptions);
    }

    [Fact(Timeout = Limit)]
    public async Task A_position_that_is_missing_is_no_consumer_that_is()
    {
        service.MissingSequence = "9";
        await using var reader = Reader(LeaseCheckpoint.After(new Position("9", 0)));
        Assert.Equal(ShardRead.StartedOver, await reader.OpenAsync(Stop));
        Assert.Single(service.Subscriptions);
    }

    [Fact(Timeout = Limit)]
    public async Task Lanes_that_begin_at_once_register_it_once()
    {
        service.Registering = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var readers = Enumerable.Range(0, 8).Select(_ => Reader(LeaseCheckpoint.Horizon)).ToList();
        var opening = readers.Select(r => r.OpenAsync(Stop).AsTask()).ToList();
        service.Registering.SetResult();
        await Task.WhenAll(opening);
        Assert.Equal(1, service.Registered);
        Assert.Equal(8, service.Subscriptions.Count);
        foreach (var reader in readers) await reader.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_lane_that_gives_up_ends_the_others_registration_no_more_than_an_error_stays()
    {
        service.Registering = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var given = new CancellationTokenSource();
        await using IShardReader first = Reader(LeaseCheckpoint.Horizon), second = Reader(LeaseCheckpoint.Horizon), third = Reader(LeaseCheckpoint.Horizon);
        var up = first.OpenAsync(given.Token).AsTask();
        var goes = second.OpenAsync(Stop).AsTask();
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => up);
        service.Registering.SetException(new InvalidArgumentException("no such name"));
        Assert.True((await Assert.ThrowsAsync<TransportException>(() => goes)).IsRefused);
        service.Registering = null;
        Assert.Equal(ShardRead.Nothing, await third.OpenAsync(Stop));
        Assert.Equal(2, service.Registered);
    }

    public ValueTask DisposeAsync() => transport.DisposeAsync();

    private IShardReader Reader(LeaseCheckpoint from) => transport.ReaderOf("g", new ShardToRead("s", "shardId-000000000000", from, MessageParts.All));

    /// <summary>Consumers, and what is subscribed to.</summary>
    private sealed class Registry() : AmazonKinesisClient(new AnonymousAWSCredentials(), new AmazonKinesisConfig { ServiceURL = "http://127.0.0.1:9" })
    {
        private readonly Lock gate = new();
        private readonly List<string> subscriptions = [];
        private string? arn;
        private int made;

        public TaskCompletionSource? Registering { get; set; }

        public string? MissingSequence { get; set; }

        public int Registered { get; private set; }

        public List<string> Subscriptions
        {
            get
            {
                lock (gate) return [.. subscriptions];
            }
        }

        public void Deregister()
        {
            lock (gate) arn = null;
        }

        public override Task<DescribeStreamSummaryResponse> DescribeStreamSummaryAsync(DescribeStreamSummaryRequest request, CancellationToken cancellationToken = default) =>
            Task.FromResult(new DescribeStreamSummaryResponse { StreamDescriptionSummary = new StreamDescriptionSummary { StreamARN = "stream", StreamStatus = StreamStatus.ACTIVE } });

        public override Task<ListShardsResponse> ListShardsAsync(ListShardsRequest request, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ListShardsResponse { Shards = [new Amazon.Kinesis.Model.Shard { ShardId = "shardId-000000000000" }] });

        public override async Task<RegisterStreamConsumerResponse> RegisterStreamConsumerAsync(RegisterStreamConsumerRequest request, CancellationToken cancellationToken = default)
        {
            lock (gate) Registered++;
            if (Registering is { } registering) await registering.Task.WaitAsync(cancellationToken);
            lock (gate)
            {
                if (arn is not null) throw new ResourceInUseException("exists");
                arn = $"arn:{++made}";
                return new RegisterStreamConsumerResponse { Consumer = new Consumer { ConsumerARN = arn, ConsumerStatus = ConsumerStatus.ACTIVE } };
            }
        }

        public override Task<DescribeStreamConsumerResponse> DescribeStreamConsumerAsync(DescribeStreamConsumerRequest request, CancellationToken cancellationToken = default)
        {
            lock (gate) return Task.FromResult(new DescribeStreamConsumerResponse { ConsumerDescription = new ConsumerDescription { ConsumerARN = arn, ConsumerStatus = ConsumerStatus.ACTIVE } });
        }

        public override Task<SubscribeToShardResponse> SubscribeToShardAsync(SubscribeToShardRequest request, CancellationToken cancellationToken = default)
        {
            lock (gate)
            {
                subscriptions.Add($"{request.ConsumerARN} {request.StartingPosition.Type} {request.StartingPosition.SequenceNumber}".TrimEnd());
                return request.ConsumerARN != arn || (MissingSequence is { } missing && request.StartingPosition.SequenceNumber == missing)
                    ? Task.FromException<SubscribeToShardResponse>(new ResourceNotFoundException("none"))
                    : Task.FromResult(new SubscribeToShardResponse { EventStream = new SubscribeToShardEventStream(Stream.Null) });
            }
        }
    }
}
