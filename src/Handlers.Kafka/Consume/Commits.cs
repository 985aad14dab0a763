using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// How what the lanes of a member have stored becomes durable: by transactions where their topic has them, otherwise by the client's commits, which
/// are awaited where the native client can be bound, and block the thread of the calls where not.
/// </summary>
internal sealed class Commits : IDisposable
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(100);

    /// <summary>For how long a group may refuse commits before lanes that it waits for are given up: it may be waiting for this member to join again.</summary>
    private static readonly TimeSpan MostRefused = TimeSpan.FromSeconds(5);

    private readonly KafkaTransport transport;
    private readonly SubscriptionRequest request;
    private readonly IConsumer<byte[], byte[]> consumer;
    private readonly Assigned assigned;
    private readonly Subscribed subscribed;
    private readonly BlockingCalls calls;
    private readonly CommitQueue? queue;                  // null: commits are calls that block
    private readonly TransactionalProducer? transactions; // null: no topic has them. The calls' thread's

    public Commits(KafkaTransport transport, SubscriptionRequest request, IConsumer<byte[], byte[]> consumer, Assigned assigned, Subscribed subscribed, BlockingCalls calls)
    {
        this.transport = transport;
        this.request = request;
        this.consumer = consumer;
        this.assigned = assigned;
        this.subscribed = subscribed;
        this.calls = calls;
        if (transport.Options.Reads != KafkaReads.Consume && ClientHandle.Of(consumer.Handle) is { } handle) queue = new CommitQueue(handle, transport.Time);
        if (request.Topics.Any(static t => t.IsTransactional)) transactions = new TransactionalProducer(() => transport.Clients.TransactionalProducer(request.Group), consumer, transport.Options, transport.Time);
    }

    /// <summary>Makes what transactions need, where there are some: what is not allowed shows before anything is read.</summary>
    public async ValueTask PrepareAsync(CancellationToken stop)
    {
        if (transactions is null) return;
        try
        {
            await calls.RunAsync(Start, stop);
        }
        catch (KafkaException e)
        {
            throw PartitionErrors.Failed(e.Error, $"Transactions of group '{request.Group}' cannot begin", e);
        }

        bool Start()
        {
            transactions.Start();
            return true;
        }
    }

    /// <summary>Completes when all that is stored is durable; waits for the end of a rebalance that is in its way.</summary>
    public async ValueTask FlushAsync(CancellationToken stop)
    {
        var began = transport.Time.GetTimestamp();
        while (await (transactions is null ? CommitAsync(stop) : TransactAsync(transactions, stop)) is { } error)
        {
            if (error.Error.Code != ErrorCode.UnknownTopicOrPart || transport.Time.GetElapsedTime(began) > transport.Options.CallTimeout || !await calls.RunAsync(TryLetGo, stop))
            {
                // The group is being rearranged, and this member's part in it is not known yet: lanes that go are revoked or lost meanwhile.
                if (!IsOfRebalance(error.Error) || transport.Time.GetElapsedTime(began) > transport.Options.RebalanceTimeout) throw Failed(error);
                if (transport.Time.GetElapsedTime(began) > MostRefused) assigned.LoseRevoked();
            }

            await Task.Delay(BetweenAttempts, transport.Time, stop);
        }
    }

    /// <summary>Does something between commits, on the thread of the calls. What has no answer yet is settled first: it might be committed after it.</summary>
    public T Between<T>(Func<T> work)
    {
        try
        {
            transactions?.Settle();
        }
        catch (KafkaException e)
        {
            throw PartitionErrors.Failed(e.Error, $"How a transaction of group '{request.Group}' has ended cannot be asked for", e);
        }

        return queue is null ? work() : queue.Between(work);
    }

    /// <summary>Completes when no commit is under way that is awaited, or when it took too long.</summary>
    public Task WhenDoneAsync(TimeSpan most) => queue?.WhenDoneAsync(most) ?? Task.CompletedTask;

    /// <summary>Commits that are under way and awaited fail. Before the client ends, which they belong to.</summary>
    public void Close() => queue?.Dispose();

    /// <summary>The end of the producer too, inside of which the thread of the calls must not be any more.</summary>
    public void Dispose()
    {
        Close();
        transactions?.Dispose();
    }

    private async Task<KafkaException?> TransactAsync(TransactionalProducer producer, CancellationToken stop) =>
        await calls.RunAsync(() => producer.Commit(() => assigned.Lanes.Where(IsTransactional)), stop) ?? await CommitAsync(stop);

    private bool IsTransactional(KafkaLane lane) => request.Find(lane.Partition.Topic)!.IsTransactional;

    /// <summary>Null: durable.</summary>
    private Task<KafkaException?> CommitAsync(CancellationToken stop) => queue is null ? calls.RunAsync(Commit, stop) : queue.CommitAsync(ToCommit).WaitAsync(stop);

    /// <summary>Only lanes that are ours at this moment are written.</summary>
    private List<Due> ToCommit()
    {
        var due = new List<Due>();
        foreach (var lane in assigned.Lanes)
            if ((transactions is null || !IsTransactional(lane)) && lane.ToCommit() is { } offset) due.Add(new(lane, offset));
        return due;
    }

    /// <summary>On the thread of the calls. Null: durable.</summary>
    private KafkaException? Commit()
    {
        var due = ToCommit();
        if (due.Count == 0) return null;
        try
        {
            consumer.Commit(due.Select(static d => new TopicPartitionOffset(d.Lane.Partition, d.Offset)));
        }
        catch (TopicPartitionOffsetException e)
        {
            foreach (var (lane, offset) in due)
            {
                if (e.Results.FirstOrDefault(r => r.TopicPartition == lane.Partition) is not { } result) continue;
                if (!result.Error.IsError) lane.Committed(offset);
            }

            return new KafkaException(e.Results.First(static r => r.Error.IsError).Error, e);
        }
        catch (KafkaException e)
        {
            return e;
        }

        foreach (var (lane, offset) in due) lane.Committed(offset);
        return null;
    }

    /// <summary>
    /// A topic that was committed for is not there: those that a pattern matched are let go, and what is due of the others can be committed. The client
    /// says the same of every partition of a commit, so the cluster is asked which ones they are; none yet where its brokers do not agree. False: it
    /// is one that is named. On the thread of the calls.
    /// </summary>
    private bool TryLetGo()
    {
        if (!request.Topics.Any(static t => TopicPattern.IsPattern(t.Topic))) return false;
        HashSet<string> there;
        try
        {
            there = subscribed.There();
        }
        catch (KafkaException e)
        {
            throw PartitionErrors.Failed(e.Error, $"Committing for group '{request.Group}' failed, as a topic is not there, and which one cannot be asked for", e);
        }

        var gone = assigned.Lanes.Where(static l => !l.Released.IsCompleted).Select(static l => l.Partition.Topic).Where(t => !there.Contains(t)).ToHashSet(StringComparer.Ordinal);
        if (request.Topics.Any(t => gone.Contains(t.Topic))) return false;
        assigned.LoseGone(gone);
        subscribed.LetGo(gone);
        return true;
    }

    private TransportException Failed(KafkaException error)
    {
        // Of which lanes it is true the client does not say: where one is refused, it gives its error to the others too.
        foreach (var lane in assigned.Lanes)
            if (lane.ToCommit() is { } offset) lane.NotCommitted(offset, error.Error.Code);
        return PartitionErrors.Failed(error.Error, $"Committing for group '{request.Group}' failed", error);
    }

    private static bool IsOfRebalance(Error error) =>
        error.Code is ErrorCode.RebalanceInProgress or ErrorCode.IllegalGeneration or ErrorCode.UnknownMemberId or ErrorCode.StaleMemberEpoch or ErrorCode.Local_AssignmentLost;
}
