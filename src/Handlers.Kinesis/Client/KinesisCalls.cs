using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace Handlers.Kinesis;

/// <summary>
/// The calls that are made to Kinesis, each tried again as the options say, with errors that name what was asked for. Any thread.
/// </summary>
/// <remarks>
/// The client is the transport's to dispose. It should not try again by itself (<see cref="KinesisClients"/>): what is throttled would then be hidden
/// from here.
/// </remarks>
internal sealed class KinesisCalls
{
    private static readonly ResiliencePropertyKey<CallTries> TriesOfCall = new("handlers.kinesis.tries");
    private static readonly ResiliencePropertyKey<KinesisCall> CallItself = new("handlers.kinesis.call");

    private readonly IAmazonKinesis client;
    private readonly KinesisRetry retry;
    private readonly Func<double> random;
    private readonly ResiliencePipeline pipeline;
    private long throttled;
    private long replayed;
    private volatile bool hasSucceeded; // some call: the credentials are right, or were

    /// <param name="client">The service.</param>
    /// <param name="retry">How calls are tried again.</param>
    /// <param name="time">Time.</param>
    /// <param name="log">Where retries are told of.</param>
    /// <param name="random">0 to 1, for jitter.</param>
    public KinesisCalls(IAmazonKinesis client, KinesisRetry retry, TimeProvider time, ILogger log, Func<double>? random = null)
    {
        this.client = client;
        this.retry = retry;
        this.random = random ?? Random.Shared.NextDouble;
        Time = time;
        Log = log;
        pipeline = new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = int.MaxValue, // the tries say when it is enough
            ShouldHandle = args => new(args.Outcome.Exception is { } e && MayRetry(e, args.Context)),
            DelayGenerator = static args => new(Tries(args.Context).Pause),
            OnRetry = args =>
            {
                Tell(args.Context.Properties.GetValue(CallItself, default).Action, args.Outcome.Exception!, Tries(args.Context));
                return default;
            },
        }).Build();
    }

    public TimeProvider Time { get; }

    public ILogger Log { get; }

    /// <summary>How often the service refused a call for want of throughput.</summary>
    public long Throttled => Interlocked.Read(ref throttled);

    /// <summary>How many records that its answers held came again, and were dropped.</summary>
    public long Replayed => Interlocked.Read(ref replayed);

    /// <summary>The tries of a call that is made otherwise.</summary>
    public CallTries Tries(bool isPatient = false) => new(retry, Time, random, isPatient);

    /// <summary>One page of the shards that there are, those included that are closed and within retention.</summary>
    public ValueTask<ListShardsResponse> ListShardsAsync(string stream, string? next, CancellationToken stop) => ListShardsAsync(stream, next, false, stop);

    /// <summary>The same, of a reader too, who waits for as long as the service is away.</summary>
    public ValueTask<ListShardsResponse> ListShardsAsync(string stream, string? next, bool isPatient, CancellationToken stop) => CallAsync(
        new KinesisCall("ListShards", stream), next is null ? new ListShardsRequest { StreamName = stream } : new ListShardsRequest { NextToken = next },
        static (client, request, stop) => client.ListShardsAsync(request, stop), isPatient, stop);

    /// <summary>Whether the service answers for the stream: a look at one shard, which the service allows 1,000 times a second and stream.</summary>
    public async ValueTask PingAsync(string stream, CancellationToken stop) => await CallAsync(
        new KinesisCall("ListShards", stream), new ListShardsRequest { StreamName = stream, MaxResults = 1 },
        static (client, request, stop) => client.ListShardsAsync(request, stop), false, stop);

    public ValueTask<ListStreamsResponse> ListStreamsAsync(string? after, CancellationToken stop) => CallAsync(
        new KinesisCall("ListStreams", null), new ListStreamsRequest { ExclusiveStartStreamName = after },
        static (client, request, stop) => client.ListStreamsAsync(request, stop), false, stop);

    public ValueTask<DescribeStreamSummaryResponse> DescribeAsync(string stream, CancellationToken stop) => CallAsync(
        new KinesisCall("DescribeStreamSummary", stream), new DescribeStreamSummaryRequest { StreamName = stream },
        static (client, request, stop) => client.DescribeStreamSummaryAsync(request, stop), false, stop);

    public ValueTask<CreateStreamResponse> CreateAsync(string stream, int shards, CancellationToken stop) => CallAsync(
        new KinesisCall("CreateStream", stream), new CreateStreamRequest { StreamName = stream, ShardCount = shards },
        static (client, request, stop) => client.CreateStreamAsync(request, stop), false, stop);

    /// <summary>An iterator, good for five minutes. The time is rounded down to whole seconds, as the SDK sends no more.</summary>
    public async ValueTask<string> IteratorAsync(string stream, string shard, ShardIteratorType from, string? sequence, DateTimeOffset? at, CancellationToken stop)
    {
        var call = new KinesisCall("GetShardIterator", stream, shard, sequence ?? (at is { } time ? $"{time.UtcDateTime:O}" : from.Value));
        var answer = await CallAsync(
            call, new GetShardIteratorRequest { StreamName = stream, ShardId = shard, ShardIteratorType = from, StartingSequenceNumber = sequence, Timestamp = Whole(at) },
            static (client, request, stop) => client.GetShardIteratorAsync(request, stop), true, stop);
        return answer.ShardIterator ?? throw new TransportException($"{call} failed. The service gave no iterator.") { IsTransient = true };
    }

    /// <summary>Waits for as long as it is throttled, or the service is away.</summary>
    public ValueTask<GetRecordsResponse> RecordsAsync(string stream, string shard, string iterator, int limit, CancellationToken stop) => CallAsync(
        new KinesisCall("GetRecords", stream, shard), new GetRecordsRequest { ShardIterator = iterator, Limit = limit },
        static (client, request, stop) => client.GetRecordsAsync(request, stop), true, stop);

    /// <summary>Once: the publisher tries records again, not calls. The SDK's own exceptions.</summary>
    public async ValueTask<PutRecordsResponse> PutOnceAsync(PutRecordsRequest request, CancellationToken stop)
    {
        var answer = await client.PutRecordsAsync(request, stop);
        hasSucceeded = true;
        return answer;
    }

    /// <summary>What an error means now. Credentials that have worked are waited for; ones that never did are a wrong setting, which the start is to tell at once.</summary>
    public KinesisErrorKind KindOf(Exception e, KinesisCall call = default) =>
        KinesisErrors.KindOf(e, call) is var kind && kind == KinesisErrorKind.Credentials && hasSucceeded && KinesisErrors.MayBeRenewed(e) ? KinesisErrorKind.Uncertain : kind;

    /// <summary>Counts what a call that is made otherwise was refused.</summary>
    public void WasThrottled(int times = 1) => Interlocked.Add(ref throttled, times);

    /// <summary>Counts records that came again.</summary>
    public void WereReplayed(long records) => Interlocked.Add(ref replayed, records);

    /// <summary>Logs that a call is made again.</summary>
    public void Tell(string action, Exception e, CallTries tries)
    {
        if (KinesisErrors.KindOf(e) == KinesisErrorKind.Throttled) KinesisLogs.CallThrottled(Log, action, KinesisErrors.Code(e), tries.Pause);
        else KinesisLogs.CallFailed(Log, action, KinesisErrors.Code(e), tries.Failed, tries.Pause, KinesisErrors.Text(e));
    }

    /// <summary>Makes a call as the others are made.</summary>
    public async ValueTask<TAnswer> CallAsync<TRequest, TAnswer>(
        KinesisCall call, TRequest request, Func<IAmazonKinesis, TRequest, CancellationToken, Task<TAnswer>> send, bool isPatient, CancellationToken stop)
    {
        // Polly's own awaits keep the context when told to: that is what a simulation on one thread lives by.
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, stop);
        context.Properties.Set(TriesOfCall, Tries(isPatient));
        context.Properties.Set(CallItself, call);
        try
        {
            var answer = await pipeline.ExecuteAsync(
                static async (context, state) => await state.send(state.client, state.request, context.CancellationToken), context, (client, request, send));
            hasSucceeded = true;
            return answer;
        }
        catch (Exception e)
        {
            stop.ThrowIfCancellationRequested();
            throw KinesisErrors.Of(e, call);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Rounded down to whole seconds, since the SDK sends no more, and would round up.</summary>
    public static DateTime? Whole(DateTimeOffset? time) =>
        time is { } t ? DateTimeOffset.FromUnixTimeSeconds((long)Math.Floor(t.ToUnixTimeMilliseconds() / 1000d)).UtcDateTime : null;

    private bool MayRetry(Exception e, ResilienceContext context)
    {
        if (context.CancellationToken.IsCancellationRequested) return false;
        var kind = KindOf(e, context.Properties.GetValue(CallItself, default));
        if (kind == KinesisErrorKind.Throttled) WasThrottled();
        return Tries(context).MayRetry(kind);
    }

    private static CallTries Tries(ResilienceContext context) => context.Properties.GetValue(TriesOfCall, null!);
}
