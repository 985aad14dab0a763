using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka;

/// <summary>
/// Membership of a consumer group. One thread polls the client from the join to the end, whatever handlers do: rebalances, errors and the
/// client's own liveness (max.poll.interval.ms) never wait for them. Another thread makes the calls that block.
/// </summary>
internal sealed class KafkaSubscription : ISubscription
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan WhileWaiting = TimeSpan.FromMilliseconds(5);

    private readonly KafkaTransport transport;
    private readonly SubscriptionRequest request;
    private readonly IConsumer<byte[], byte[]> consumer;
    private readonly Assigned assigned;
    private readonly BlockingCalls calls;
    private readonly Subscribed subscribed;
    private readonly Commits commits;
    private readonly Starts starts;
    private readonly Lazy<Task> polling;
    private readonly Channel<ILane> yielded = Channel.CreateUnbounded<ILane>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long polled; // when the client was polled last, as a timestamp; 0 before
    private volatile bool leaving;
    private volatile bool abandoned;
    private int closing;

    public KafkaSubscription(KafkaTransport transport, SubscriptionRequest request, IReadOnlyDictionary<string, int> topics)
    {
        this.transport = transport;
        this.request = request;
        assigned = new Assigned(this, transport, request);
        consumer = transport.Clients.Consumer(request, assigned, topics.Values.Sum());
        assigned.Client = consumer;
        calls = new BlockingCalls($"Kafka calls {request.Group}");
        subscribed = new Subscribed(this, transport, request, consumer, topics.Keys);
        commits = new Commits(transport, request, consumer, assigned, subscribed, calls);
        starts = new Starts(consumer, request, transport.Options, subscribed, Ask);
        assigned.Starts = starts;
        polling = new Lazy<Task>(StartPolling);
    }

    public string Group => request.Group;

    public ILogger Log => transport.Log;

    /// <summary>The blocking calls of this member.</summary>
    public BlockingCalls Calls => calls;

    public SubscriptionState State => !leaving && Volatile.Read(ref polled) is not 0 and var at ? new(transport.Time.GetElapsedTime(at)) : default;

    /// <summary>Waits, on a thread that may block, until no commit, seek or look-up is under way that was asked for before. It may take too long.</summary>
    public void WaitUntilDone(TimeSpan most)
    {
        var began = transport.Time.GetTimestamp();
        if (!calls.WaitUntilDone(most)) return;
        var left = most - transport.Time.GetElapsedTime(began);
        commits.WaitUntilDone(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    /// <summary>Whether a position that is gone ends its lane.</summary>
    public bool FailsOnLostPosition => transport.Options.OnLostPosition == KafkaLostPosition.Fail;

    /// <summary>Where assigned lanes go.</summary>
    public ChannelWriter<ILane> Lanes => yielded.Writer;

    /// <summary>Whether the process leaves the group or is going down: lanes are not waited for.</summary>
    public bool IsLeaving => leaving;

    /// <summary>The offset behind the last message of a partition, as of the last fetch; null before one.</summary>
    public long? EndOf(TopicPartition partition)
    {
        if (leaving) return null;
        try
        {
            var end = consumer.GetWatermarkOffsets(partition).High;
            return end.IsSpecial ? null : end.Value;
        }
        catch (Exception e) when (e is KafkaException or ObjectDisposedException)
        {
            return null;
        }
    }

    public async IAsyncEnumerable<ILane> LanesAsync([EnumeratorCancellation] CancellationToken stop)
    {
        if (stop.IsCancellationRequested) yield break;
        _ = polling.Value;
        while (await NextAsync(stop) is { } lane) yield return lane;
    }

    public ValueTask FlushAsync(CancellationToken stop) => commits.FlushAsync(stop);

    public async ValueTask LookAsync(CancellationToken stop) => await calls.RunAsync(Look, stop);

    /// <inheritdoc cref="Commits.PrepareAsync" />
    public ValueTask PrepareAsync(CancellationToken stop) => commits.PrepareAsync(stop);

    /// <summary>Goes to a position: the client seeks and the group's position is written, in one turn of the calls.</summary>
    public async ValueTask SeekAsync(KafkaLane lane, StartPosition to, CancellationToken stop)
    {
        while (!await calls.RunAsync(() => commits.Between(() => TrySeek(lane, to)), stop)) await Task.Delay(Poll, transport.Time, stop);
    }

    /// <summary>A lane's position is not in the log any more: it goes on where the option says.</summary>
    public async ValueTask StepOverAsync(KafkaLane lane, CancellationToken stop)
    {
        var to = new StartPosition(transport.Options.OnLostPosition == KafkaLostPosition.Earliest ? StartFrom.Earliest : StartFrom.Latest);
        while (!await calls.RunAsync(() => TryStepOver(lane, to), stop)) await Task.Delay(Poll, transport.Time, stop);
    }

    public async ValueTask DisposeAsync()
    {
        leaving = true;
        if (Interlocked.Exchange(ref closing, 1) == 0)
        {
            if (polling.IsValueCreated) await polling.Value;
            else await Task.Factory.StartNew(Close, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            calls.Dispose();
            transport.Left(this);
            closed.TrySetResult();
        }

        await closed.Task;
    }

    /// <summary>Ends as the end of the process would: the group is not left.</summary>
    internal async ValueTask AbandonAsync()
    {
        abandoned = true;
        await DisposeAsync();
    }

    private async ValueTask<ILane?> NextAsync(CancellationToken stop)
    {
        try
        {
            return await yielded.Reader.ReadAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        catch (ChannelClosedException e)
        {
            return e.InnerException is { } error ? throw error : null;
        }
    }

    private bool Look()
    {
        foreach (var lane in assigned.Lanes)
        {
            if (leaving) return true; // its lanes have ended
            try
            {
                lane.EndsAt(consumer.QueryWatermarkOffsets(lane.Partition, transport.Options.CallTimeout).High);
            }
            catch (KafkaException e)
            {
                throw PartitionErrors.Failed(e.Error, $"The end of lane {lane.Id} cannot be asked for", e);
            }
        }

        return true;
    }

    /// <summary>False: the client does not fetch the partition yet.</summary>
    private bool TrySeek(KafkaLane lane, StartPosition to)
    {
        try
        {
            var offset = starts.Find(lane.Partition, to);
            consumer.Seek(new TopicPartitionOffset(lane.Partition, offset));
            lane.MovedTo(offset, transport.Epochs.Next());
            consumer.Commit([new TopicPartitionOffset(lane.Partition, offset)]);
            return true;
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_State && !leaving && !lane.Lost.IsCancellationRequested)
        {
            return false;
        }
        catch (KafkaException e)
        {
            throw PartitionErrors.Failed(e.Error, $"Moving lane {lane.Id} of group '{Group}' failed", e);
        }
    }

    private bool TryStepOver(KafkaLane lane, StartPosition to)
    {
        try
        {
            var offset = starts.Find(lane.Partition, to);
            consumer.Seek(new TopicPartitionOffset(lane.Partition, offset));
            KafkaLogs.PositionLost(transport.Log, Group, lane.Id, offset.Value);
            return true;
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_State && !leaving && !lane.Lost.IsCancellationRequested)
        {
            return false;
        }
        catch (KafkaException e)
        {
            throw PartitionErrors.Failed(e.Error, $"Lane {lane.Id} of group '{Group}' has lost its position and cannot go on elsewhere", e);
        }
    }

    private TopicMetadata Ask(string topic)
    {
        using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        return admin.GetMetadata(topic, transport.Options.CallTimeout).Topics.First(t => t.Topic == topic);
    }

    private Task StartPolling() => Task.Factory.StartNew(PollUntilLeft, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void PollUntilLeft()
    {
        Exception? failure = null;
        try
        {
            subscribed.Begin();
            while (!leaving)
            {
                Volatile.Write(ref polled, Math.Max(1, transport.Time.GetTimestamp()));
                try
                {
                    if (consumer.Consume(assigned.IsWaiting ? WhileWaiting : Poll) is { } result) assigned.Hand(result);
                    assigned.BeginWaiting();
                    subscribed.Look();
                }
                catch (ConsumeException e) when (assigned.Hand(e))
                {
                }
                catch (ConsumeException e) when (!PartitionErrors.Ends(e.Error) || subscribed.IsOfPattern(e))
                {
                    transport.Clients.Reports.Report(Group, e.Error);
                }
            }
        }
        catch (KafkaException e)
        {
            failure = PartitionErrors.Failed(e.Error, $"Group '{Group}' cannot go on", e);
        }
        catch (Exception e)
        {
            failure = e;
        }

        leaving = true;
        yielded.Writer.TryComplete(failure);
        if (failure is not null) KafkaLogs.SubscriptionFailed(transport.Log, Group, failure);
        Close();
    }

    /// <summary>Leaves the group: the client calls back for what is assigned still. Its memory goes when the last batch is given back.</summary>
    private void Close()
    {
        yielded.Writer.TryComplete();
        foreach (var lane in assigned.Lanes) if (!lane.Released.IsCompleted) lane.Lose();
        WaitUntilDone(transport.Options.RebalanceTimeout);
        commits.Dispose();
        try
        {
            if (abandoned) consumer.Dispose();
            else consumer.Close();
        }
        catch (KafkaException e)
        {
            KafkaLogs.LeaveFailed(transport.Log, Group, e);
        }
    }
}
