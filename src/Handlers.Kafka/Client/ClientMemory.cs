using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// What native batches have to do with the client that they came from: while one is out, the client's memory is not freed, however long a
/// handler holds it, and the managed client, whose callbacks the native one calls to its end, is not collected.
/// </summary>
internal sealed class ClientMemory(SafeHandle handle, IClient client)
{
    private static readonly HashSet<IClient> InUse = []; // guarded by itself: a root, so that the collector sees it

    private int batches; // guarded by InUse

    public nint Pointer => handle.DangerousGetHandle();

    /// <summary>A batch is out.</summary>
    public void Take()
    {
        var added = false;
        handle.DangerousAddRef(ref added);
        lock (InUse)
            if (batches++ == 0) InUse.Add(client);
    }

    /// <summary>It is back. The last one may free the client, which takes as long as its threads take to end.</summary>
    public void Give()
    {
        handle.DangerousRelease();
        lock (InUse)
            if (--batches == 0) InUse.Remove(client);
    }
}
