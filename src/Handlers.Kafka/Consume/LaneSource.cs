namespace Handlers.Kafka;

/// <summary>Where a lane's messages come from: its partition's own queue, or what plain Consume handed it.</summary>
/// <remarks>Reads, clears and the end are never concurrent: the lane sees to it.</remarks>
internal abstract class LaneSource(long start) : IDisposable
{
    /// <summary>The offset to read next: behind the last message, or mark of the log's end, that was read. Written by reads.</summary>
    public long Next { get; protected set; } = start;

    /// <summary>When the last message that was read was published, in milliseconds since 1970; 0 or less: not known. Written by reads.</summary>
    public long LastTimestamp { get; protected set; }

    /// <summary>Adds what is at hand. An error in a message's place that does not pass is thrown as a <see cref="Confluent.Kafka.KafkaException"/>, after what came before it was handed out.</summary>
    public abstract void Read(MessageBatch into);

    /// <summary>Completes when there may be something to read. Ask before the read that finds nothing.</summary>
    public abstract Task WhenReadable();

    /// <summary>Ends a wait: the lane ended.</summary>
    public abstract void Wake();

    /// <summary>Forgets what was taken from the client: the lane goes elsewhere, and the client has sought there.</summary>
    /// <param name="next">Where to.</param>
    public virtual void Clear(long next)
    {
        Next = next;
        LastTimestamp = 0;
    }

    /// <summary>The same, and what waits at the client: it stopped fetching, and is asked to fetch anew after this.</summary>
    public virtual void Restart(long next) => Clear(next);

    /// <inheritdoc />
    public abstract void Dispose();
}
