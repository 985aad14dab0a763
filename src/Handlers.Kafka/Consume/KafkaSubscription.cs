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
    private readonly BlockingCalls pollingCalls = new(null);
    private readonly Moves moves;
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
        moves = new Moves(this, transport, consumer, assigned, starts, commits);
        polling = new Lazy<Task>(StartPolling);
    }

    public string Group => request.Group;

    public ILogger Log => transport.Log;

    /// <summary>The blocking calls of this member.</summary>
    public BlockingCalls Calls => calls;

    /// <summary>What only the polling thread may do: between two calls of Consume, or while it waits in a callback.</summary>
    public BlockingCalls Polled => pollingCalls;

    /// <summary>Whether the polling thread waits in a callback. Its own.</summary>
    public bool IsInCallback { get; private set; }

    public SubscriptionState State => !leaving && Volatile.Read(ref polled) is not 0 and var at ? new(transport.Time.GetElapsedTime(at)) : default;

    /// <summary>
    /// Waits on the polling thread, in a callback, until no commit, seek or look-up is under way that was asked for before. It may take too long; false: a
    /// call does, and the thread of the calls is inside the client still.
    /// </summary>
    public bool WaitUntilDone(TimeSpan most)
    {
        var began = transport.Time.GetTimestamp();
        if (!Wait(calls.WhenDone(), most)) return false;
        var left = most - transport.Time.GetElapsedTime(began);
        if (left > TimeSpan.Zero) Wait(commits.WhenDoneAsync(left), left);
        return true;
    }

    /// <summary>Waits on the polling thread, in a callback, and does what it is asked for meanwhile: what is waited for may need it. False: it took too long.</summary>
    public bool Wait(Task until, TimeSpan most)
    {
        IsInCallback = true;
        var done = pollingCalls.RunUntil(until, most);
        IsInCallback = false;
        return done;
    }

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

    /// <summary>How long ago that was, in milliseconds since 1970. Clocks differ: never less than nothing.</summary>
    public TimeSpan AgeOf(long timestamp) => TimeSpan.FromMilliseconds(Math.Max(0, transport.Time.GetUtcNow().ToUnixTimeMilliseconds() - timestamp));

    public async IAsyncEnumerable<ILane> LanesAsync([EnumeratorCancellation] CancellationToken stop)
    {
        if (stop.IsCancellationRequested) yield break;
        _ = polling.Value;
        while (await NextAsync(stop) is { } lane) yield return lane;
    }

    public ValueTask FlushAsync(CancellationToken stop) => commits.FlushAsync(stop);

    public async ValueTask LookAsync(CancellationToken stop) => await calls.RunAsync(Look, stop);

    public async ValueTask PingAsync(CancellationToken stop) => await transport.Pings.AskAsync(request, [.. assigned.Lanes], stop);

    /// <inheritdoc cref="Commits.PrepareAsync" />
    public ValueTask PrepareAsync(CancellationToken stop) => commits.PrepareAsync(stop);

    /// <inheritdoc cref="Moves.SeekAsync" />
    public Task SeekAsync(KafkaLane lane, StartPosition to, CancellationToken stop) => moves.SeekAsync(lane, to, stop);

    /// <inheritdoc cref="Moves.StepOverAsync" />
    public Task StepOverAsync(KafkaLane lane, Error error, CancellationToken stop) => moves.StepOverAsync(lane, error, stop);

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
                    pollingCalls.RunWaiting();
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

    /// <summary>Ends the lanes, and the client where nothing is inside of it any more.</summary>
    private void Close()
    {
        yielded.Writer.TryComplete();
        foreach (var lane in assigned.Lanes) if (!lane.Released.IsCompleted) lane.Lose();
        var isOutside = WaitUntilDone(transport.Options.RebalanceTimeout);
        pollingCalls.Dispose();
        pollingCalls.RunWaiting(); // nobody waits for what is never done
        commits.Close();
        if (isOutside)
        {
            Leave();
            return;
        }

        // A client is not to be destroyed under a call that has not ended: it is left to the thread that is inside, or to the end of the process.
        KafkaLogs.LeaveFailed(transport.Log, Group, new TimeoutException($"A call to the cluster did not end within {transport.Options.RebalanceTimeout.TotalSeconds:0.###} s. The group is left when it ends."));
        _ = calls.RunAsync(() =>
        {
            Leave();
            return true;
        }, CancellationToken.None);
    }

    /// <summary>Leaves the group: the client calls back for what is assigned still. Its memory goes when the last batch is given back.</summary>
    private void Leave()
    {
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
