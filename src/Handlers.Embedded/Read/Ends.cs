using System.Collections.Concurrent;

namespace Handlers.Embedded;

/// <summary>The ends of the partitions as far as this process knows: its own writes at once, those of others by looking.</summary>
internal sealed class Ends
{
    private readonly ConcurrentDictionary<long, PartitionEnd> ends = new();

    /// <summary>The end of a partition that somebody reads here.</summary>
    public PartitionEnd Of(long partition) => ends.GetOrAdd(partition, static _ => new PartitionEnd());

    /// <summary>Moves an end, where somebody reads the partition.</summary>
    public void Advance(long partition, long next, long? newest)
    {
        if (ends.TryGetValue(partition, out var end)) end.Advance(next, newest);
    }
}

/// <summary>The end of one partition. Any thread.</summary>
internal sealed class PartitionEnd
{
    private readonly Lock gate = new();
    private TaskCompletionSource moved = New();
    private long next = 1;
    private long? newest;

    /// <summary>The position of the next message, as far as known.</summary>
    public long Next => Volatile.Read(ref next);

    /// <summary>The timestamp of the last message, in milliseconds; null where there is none.</summary>
    public long? Newest
    {
        get
        {
            lock (gate) return newest;
        }
    }

    /// <summary>Moves it forward and wakes who waits. News may come late: an older end changes nothing.</summary>
    public void Advance(long position, long? timestamp)
    {
        lock (gate)
        {
            if (position <= next) return;
            next = position;
            newest = timestamp;
            WakeLocked();
        }
    }

    /// <summary>Wakes who waits, to look at something else than the end: a lost lane, an error.</summary>
    public void Wake()
    {
        lock (gate) WakeLocked();
    }

    /// <summary>Completes at the next move or wake-up; ask for it before looking, so that no news falls between.</summary>
    public Task Moved
    {
        get
        {
            lock (gate) return moved.Task;
        }
    }

    private void WakeLocked()
    {
        moved.SetResult();
        moved = New();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
