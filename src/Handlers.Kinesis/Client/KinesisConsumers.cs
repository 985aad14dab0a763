using System.Collections.Concurrent;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;

namespace Handlers.Kinesis;

/// <summary>Consumers of streams, which fan-out reads by: each has 2 MB/s of every shard to itself. Any thread.</summary>
internal sealed class KinesisConsumers(KinesisCalls calls) : IDisposable
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<(string Stream, string Name), TaskCompletionSource<string>> known = []; // their ARNs, or what finds them out
    private readonly CancellationTokenSource closing = new();

    /// <summary>
    /// Subscribes a consumer to a shard by its name. It is registered where there is none, once for all lanes that ask; and again where it is gone, as somebody
    /// deregistered it: the service then says that something is missing, and the lane would take it for its position.
    /// </summary>
    public async ValueTask<ShardEvents> OpenAsync(string stream, string name, string shard, StartingPoint at, CancellationToken stop)
    {
        var found = Find(stream, name);
        var consumer = await found.Task.WaitAsync(stop);
        try
        {
            return await SubscribeAsync(consumer, stream, shard, at, stop);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Missing))
        {
            known.TryRemove(new((stream, name), found));
            var again = await Find(stream, name).Task.WaitAsync(stop);
            if (again == consumer) throw; // it is there: shard or position are not
            return await SubscribeAsync(again, stream, shard, at, stop);
        }
    }

    public void Dispose()
    {
        closing.Cancel();
        closing.Dispose();
    }

    /// <summary>The consumer's ARN, when it can be read by. Registers it where there is none of that name; it stays when this process ends.</summary>
    public async ValueTask<string> EnsureAsync(string stream, string name, CancellationToken stop)
    {
        var arn = (await calls.DescribeAsync(stream, stop)).StreamDescriptionSummary?.StreamARN
            ?? throw new TransportException($"Stream '{stream}' has no ARN, which fan-out needs. Read it by polling.");
        var began = calls.Time.GetTimestamp();
        var (consumer, status) = await RegisterAsync(stream, arn, name, stop);
        for (var wait = FirstLook; status != ConsumerStatus.ACTIVE; wait = wait * 2 < BetweenLooks ? wait * 2 : BetweenLooks)
        {
            if (calls.Time.GetElapsedTime(began) >= LongestWait)
                throw new TransportException($"Consumer '{name}' of stream '{stream}' is not available: it is {status?.Value} for {LongestWait.TotalSeconds:0} s.") { IsTransient = true };
            await Task.Delay(wait, calls.Time, stop);
            (consumer, status) = status == ConsumerStatus.DELETING ? await RegisterAsync(stream, arn, name, stop) : await DescribeAsync(stream, arn, name, stop);
        }

        return consumer;
    }

    /// <summary>Subscribes to a shard for up to five minutes.</summary>
    public async ValueTask<ShardEvents> SubscribeAsync(string consumer, string stream, string shard, StartingPoint at, CancellationToken stop)
    {
        var answer = await calls.CallAsync(
            new KinesisCall("SubscribeToShard", stream, shard, at.Sequence),
            new SubscribeToShardRequest
            {
                ConsumerARN = consumer,
                ShardId = shard,
                StartingPosition = new StartingPosition { Type = at.Type, SequenceNumber = at.Sequence, Timestamp = KinesisCalls.Whole(at.Time) },
            },
            static (client, request, stop) => client.SubscribeToShardAsync(request, stop), true, stop);
        return ShardEvents.Of(answer);
    }

    private TaskCompletionSource<string> Find(string stream, string name)
    {
        var mine = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var found = known.GetOrAdd((stream, name), mine);
        if (found == mine) _ = EnsureAsync(stream, name, mine);
        return found;
    }

    /// <summary>For whoever waits: none of them ends it by giving up.</summary>
    private async Task EnsureAsync(string stream, string name, TaskCompletionSource<string> found)
    {
        try
        {
            found.SetResult(await EnsureAsync(stream, name, closing.Token));
        }
        catch (Exception e)
        {
            known.TryRemove(new((stream, name), found)); // the next one tries anew
            found.SetException(e);
            _ = found.Task.Exception; // whether or not anybody waits still
        }
    }

    private async ValueTask<(string Arn, ConsumerStatus? Status)> RegisterAsync(string stream, string streamArn, string name, CancellationToken stop)
    {
        try
        {
            var answer = await calls.CallAsync(
                new KinesisCall("RegisterStreamConsumer", stream), new RegisterStreamConsumerRequest { StreamARN = streamArn, ConsumerName = name },
                static (client, request, stop) => client.RegisterStreamConsumerAsync(request, stop), false, stop);
            return (answer.Consumer.ConsumerARN, answer.Consumer.ConsumerStatus);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.InUse))
        {
            return await DescribeAsync(stream, streamArn, name, stop);
        }
    }

    private async ValueTask<(string Arn, ConsumerStatus? Status)> DescribeAsync(string stream, string streamArn, string name, CancellationToken stop)
    {
        try
        {
            var answer = await calls.CallAsync(
                new KinesisCall("DescribeStreamConsumer", stream), new DescribeStreamConsumerRequest { StreamARN = streamArn, ConsumerName = name },
                static (client, request, stop) => client.DescribeStreamConsumerAsync(request, stop), false, stop);
            return (answer.ConsumerDescription.ConsumerARN, answer.ConsumerDescription.ConsumerStatus);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Missing))
        {
            return ("", ConsumerStatus.DELETING); // it was being deleted and is gone: registered anew at the next look
        }
    }
}
