using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Handlers.Kafka;

/// <summary>Wakes the one reader of a lane. Set from any thread, a client's own included: no lock, and continuations run elsewhere.</summary>
internal sealed class Signal
{
    private TaskCompletionSource? waiting; // taken by whoever sets

    /// <summary>Completes at the next <see cref="Set"/>. One reader.</summary>
    public Task Next()
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref waiting, mine)?.TrySetResult();
        return mine.Task;
    }

    public void Set() => Interlocked.Exchange(ref waiting, null)?.TrySetResult();

    /// <summary>What a queue of librdkafka calls (<see cref="NativeMethods.QueueCallBack"/>), with a handle on the signal.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void OnReadable(nint client, nint signal) => ((Signal)GCHandle.FromIntPtr(signal).Target!).Set();
}
