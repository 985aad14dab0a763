using System.Runtime.InteropServices;
using System.Text;
using Amazon.Kinesis.Model;

namespace Handlers.Kinesis;

/// <summary>One record on its way, from the call that publishes it to its acknowledgement.</summary>
/// <param name="call">Which is told.</param>
/// <param name="key">The partition key.</param>
/// <param name="hashKey">The explicit hash key.</param>
/// <param name="data">What is sent. Must not change until it is acknowledged.</param>
internal sealed class PutEntry(PutCall call, string key, string? hashKey, ReadOnlyMemory<byte> data)
{
    private CallTries? tries;

    public PutCall Call => call;

    public string Key => key;

    /// <summary>As the service counts them.</summary>
    public int Bytes { get; } = data.Length + Encoding.UTF8.GetByteCount(key);

    /// <summary>The record of the same key that waits for this one. Guarded by the queue.</summary>
    public PutEntry? Next { get; set; }

    /// <summary>A request that held it beside others was refused as a whole. Guarded by the queue.</summary>
    public bool IsAlone { get; set; }

    /// <summary>The first error that it met.</summary>
    public string? FirstError { get; private set; }

    /// <summary>How often it was sent.</summary>
    public int Made => tries?.Made ?? 0;

    /// <summary>It was not taken. How long to wait before it is sent again; null: no more.</summary>
    public TimeSpan? Failed(string error, KinesisErrorKind kind, Func<CallTries> begin)
    {
        FirstError ??= error;
        tries ??= begin();
        return tries.MayRetry(kind) ? tries.Pause : null;
    }

    // A stream is read once, so each attempt has its own.
    public PutRecordsRequestEntry ToRequest() => new() { PartitionKey = key, ExplicitHashKey = hashKey, Data = Stream() };

    private MemoryStream Stream() => MemoryMarshal.TryGetArray(data, out var bytes)
        ? new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false)
        : new MemoryStream(data.ToArray(), writable: false);
}

/// <summary>One call to the publisher: over when all its records are acknowledged, or one of them is given up.</summary>
internal sealed class PutCall
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int left;

    /// <summary>Records of a call that is over are not sent any more.</summary>
    public bool IsOver => done.Task.IsCompleted;

    /// <summary>Before any of them is sent.</summary>
    public void Holds(int records) => left = records;

    public void Acknowledged()
    {
        if (Interlocked.Decrement(ref left) == 0) done.TrySetResult();
    }

    public void Failed(TransportException error) => done.TrySetException(error);

    public async ValueTask WaitAsync(CancellationToken stop)
    {
        // What is not sent by then never is; what is on its way may arrive.
        await using var registration = stop.UnsafeRegister(static (call, stop) => ((PutCall)call!).done.TrySetCanceled(stop), this);
        await done.Task;
    }
}
