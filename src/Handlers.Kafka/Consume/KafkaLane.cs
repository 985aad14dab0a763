using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>A partition while it is assigned to this process.</summary>
/// <remarks>
/// The gate makes reads, seeks and the end exclude each other: when <see cref="End"/> has returned, nothing reads the partition's queue for this
/// lane any more, so that the lane of a later assignment has it alone.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The token has no timer or handle of its own, and the loop may look at it after the end.")]
internal sealed class KafkaLane : ITransactionalLane
{
    private readonly KafkaSubscription subscription;
    private readonly LaneSource source;
    private readonly Lock gate = new();
    private readonly TaskCompletionSource<Revocation> revoked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource lost = new();
    private LaneId id;           // guarded by gate, as all below
    private Position? lastRead;
    private long? stored;        // the offset to commit: behind the last handled message
    private readonly List<OutgoingMessage> outputs = []; // what becomes durable with the stored offset
    private long? durable;
    private long? asked;         // the partition's end, when it was asked for last
    private bool ended;
    private Error? lostPosition; // the client has stopped there; the next read steps over it

    public KafkaLane(KafkaSubscription subscription, TopicPartition partition, LaneSource source, long epoch)
    {
        this.subscription = subscription;
        this.source = source;
        Partition = partition;
        id = new LaneId(partition.Topic, partition.Partition.Value.ToString(CultureInfo.InvariantCulture), epoch);
    }

    public TopicPartition Partition { get; }

    /// <summary>Whether plain Consume feeds it.</summary>
    public bool IsConsumed => source is ConsumedSource;

    /// <summary>The offset to read next.</summary>
    public long Next
    {
        get
        {
            lock (gate) return source.Next;
        }
    }

    /// <summary>Where the client was told to go on though it had said that this is not in the log. Of moves, one at a time.</summary>
    public long? TakenUp { get; set; }

    /// <summary>Completes when the lane was given back.</summary>
    public Task Released => released.Task;

    public LaneId Id
    {
        get
        {
            lock (gate) return id;
        }
    }

    public LaneState State
    {
        get
        {
            var fetched = subscription.EndOf(Partition);
            lock (gate)
            {
                var end = fetched > asked || asked is null ? fetched : asked;
                long? lag = end is { } at ? Math.Max(0, at - source.Next) : null;
                return new LaneState(lastRead, lag, lag == 0 ? TimeSpan.Zero : lag is null || source.LastTimestamp <= 0 ? null : subscription.AgeOf(source.LastTimestamp));
            }
        }
    }

    public Task<Revocation> Revoked => revoked.Task;

    public CancellationToken Lost => lost.Token;

    public ValueTask<bool> ReadAsync(MessageBatch into, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        return TryRead(into) ? new(true) : WaitAndReadAsync(into, stop);
    }

    public void Store(Position handled)
    {
        lock (gate)
        {
            if (!ended && (stored is null || handled.Number >= stored)) stored = handled.Number + 1;
        }
    }

    public void Store(Position handled, IReadOnlyList<OutgoingMessage> outputs)
    {
        lock (gate)
        {
            Store(handled);
            if (!ended) this.outputs.AddRange(outputs);
        }
    }

    public async ValueTask SeekAsync(StartPosition to, CancellationToken stop)
    {
        await subscription.SeekAsync(this, to, stop);
    }

    public ValueTask ReleaseAsync(LaneEnd end)
    {
        End();
        released.TrySetResult();
        return default;
    }

    /// <summary>What is stored and not known to be durable; null where there is none.</summary>
    public long? ToCommit()
    {
        lock (gate) return ended || stored == durable ? null : stored;
    }

    /// <summary>The same, with what is to be published in the same transaction.</summary>
    public LaneOutputs? ToTransact()
    {
        lock (gate) return ToCommit() is { } offset ? new LaneOutputs(this, offset, [.. outputs]) : null;
    }

    /// <summary>The broker said where the partition ends.</summary>
    public void EndsAt(Offset end)
    {
        lock (gate) asked = end.Value;
    }

    /// <summary>The broker has it.</summary>
    public void Committed(long offset)
    {
        lock (gate) durable = offset;
        KafkaLogs.Committed(subscription.Log, subscription.Group, Id, offset);
    }

    /// <summary>The broker did not take it.</summary>
    public void NotCommitted(long offset, ErrorCode code) => KafkaLogs.NotCommitted(subscription.Log, subscription.Group, Id, offset, code);

    /// <summary>The broker has what was in a transaction.</summary>
    public void Committed(LaneOutputs part)
    {
        lock (gate)
        {
            durable = part.Offset;
            outputs.RemoveRange(0, part.Messages.Length);
        }

        KafkaLogs.Committed(subscription.Log, subscription.Group, Id, part.Offset);
    }

    /// <summary>The lane goes on at another offset, in a new epoch. Called when the client has sought there.</summary>
    public void MovedTo(Offset offset, long epoch)
    {
        lock (gate)
        {
            source.Clear(offset.Value);
            lastRead = null;
            stored = durable = null;
            outputs.Clear();
            lostPosition = null;
            TakenUp = null;
            id = id with { Epoch = epoch };
        }
    }

    /// <summary>
    /// What is before the offset is gone, and as good as handled: the next commit says so. False: the lane has handed out what is behind it, which never
    /// comes again in one epoch.
    /// </summary>
    public bool TryPass(Offset offset)
    {
        lock (gate)
        {
            if (lastRead is not null && offset.Value < source.Next) return false;
            stored = offset.Value;
            return true;
        }
    }

    /// <summary>The client is being told to fetch it anew: nothing reads until it has been, and what it fetched before is forgotten.</summary>
    /// <param name="at">Where; null: where it is.</param>
    /// <param name="assign">Tells the client where; null: not at all, as the position is gone, and the lane about to step over it.</param>
    public void Restart(Offset? at, Action<Offset?> assign)
    {
        lock (gate)
        {
            if (at is not null) lostPosition = null;
            if (!ended) source.Restart(at?.Value ?? source.Next);
            assign(lostPosition is null ? source.Next : null);
        }
    }

    /// <summary>The error for who reads.</summary>
    public TransportException CannotRead(Error error, Exception? inner = null) => PartitionErrors.Failed(error, $"Reading lane {Id} of group '{subscription.Group}' failed", inner);

    /// <summary>Another member was first to say where it begins. Before anybody reads it.</summary>
    public void StartAt(IConsumer<byte[], byte[]> client, Offset offset)
    {
        client.Seek(new TopicPartitionOffset(Partition, offset));
        lock (gate) source.Clear(offset.Value);
    }

    /// <summary>The group wants it back.</summary>
    public void Revoke(DateTimeOffset deadline) => revoked.TrySetResult(new Revocation(deadline));

    /// <summary>
    /// It is another's, or will be in a moment. The token first: a commit that leaves the lane out, since it has ended, must not look like one of what it
    /// stored. Callbacks run elsewhere.
    /// </summary>
    public void Lose()
    {
        _ = lost.CancelAsync();
        End();
        released.TrySetResult();
    }

    private void End()
    {
        lock (gate)
        {
            if (ended) return;
            ended = true;
            source.Dispose();
        }
    }

    private bool TryRead(MessageBatch into)
    {
        lock (gate)
        {
            if (ended) return false;
            try
            {
                source.Read(into);
            }
            catch (KafkaException e) when (PartitionErrors.IsLostPosition(e.Error))
            {
                lostPosition = e.Error;
            }
            catch (KafkaException e)
            {
                throw CannotRead(e.Error, e);
            }

            if (into.Count > 0) lastRead = into[into.Count - 1].Position;
            return into.Count > 0;
        }
    }

    private async ValueTask<bool> WaitAndReadAsync(MessageBatch into, CancellationToken stop)
    {
        while (true)
        {
            Task readable;
            lock (gate)
            {
                if (ended) return false;
                readable = source.WhenReadable();
            }

            if (TryRead(into)) return true;
            if (lostPosition is { } error) // written by reads and moves, which are never beside this
            {
                await subscription.StepOverAsync(this, error, stop);
                continue;
            }

            await readable.WaitAsync(stop);
        }
    }
}
