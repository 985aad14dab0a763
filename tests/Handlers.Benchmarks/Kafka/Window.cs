using System.Diagnostics;

namespace Handlers.Benchmarks;

/// <summary>
/// The part of a pass that is measured: from its first hundredth to its last. What is before it is the group's join, and behind it lanes run dry.
/// </summary>
internal sealed class Window(long messages)
{
    private readonly TaskCompletionSource<Pass> measured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long from;
    private long began;
    private long allocated;
    private TimeSpan processor;

    /// <summary>Completes with the window.</summary>
    public Task<Pass> Measured => measured.Task;

    /// <summary>So many are handled. Each number comes once, from whichever thread was the one.</summary>
    public void At(long seen)
    {
        if (seen >= messages - (messages / 100))
        {
            if (measured.Task.IsCompleted) return;
            var elapsed = Stopwatch.GetElapsedTime(began);
            measured.TrySetResult(new Pass(elapsed.TotalSeconds, seen - from, (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds, GC.GetTotalAllocatedBytes(precise: true) - allocated));
        }
        else if (seen >= messages / 100 && Interlocked.CompareExchange(ref from, seen, 0) == 0)
        {
            processor = Environment.CpuUsage.TotalTime;
            allocated = GC.GetTotalAllocatedBytes(precise: true);
            began = Stopwatch.GetTimestamp();
        }
    }
}
