namespace Handlers;

/// <summary>One message of a batch, with its payload. Safe to keep.</summary>
/// <typeparam name="T">The payload.</typeparam>
/// <param name="Payload">The payload.</param>
/// <param name="Context">What else there is to know of it.</param>
public sealed record Message<T>(T Payload, MessageContext Context);

/// <summary>
/// The call of a batch handler: fails single items. What it does not name is handled when the handler returns; a handler that throws
/// fails them all. Failed items are tried again, dead-lettered, skipped or stop the subscription as the handler declares, as a batch of
/// their own.
/// </summary>
public sealed class BatchContext
{
    private readonly Exception?[] failures;

    internal BatchContext(string handler, string group, LaneId lane, int count)
    {
        Handler = handler;
        Group = group;
        Lane = lane;
        failures = new Exception?[count];
    }

    /// <summary>The name of the handler that is called.</summary>
    public string Handler { get; }

    /// <summary>The group whose position moves when the messages are handled.</summary>
    public string Group { get; }

    /// <summary>The lane that the messages came from.</summary>
    public LaneId Lane { get; }

    /// <summary>How many items there are.</summary>
    public int Count => failures.Length;

    /// <summary>The item of this index has failed. The first reason counts. Any thread, until the handler has returned.</summary>
    public void Fail(int index, Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        Interlocked.CompareExchange(ref failures[index], reason, null);
    }

    /// <summary>Why the item failed; null where it did not.</summary>
    internal Exception? Failure(int index) => Volatile.Read(ref failures[index]);
}
