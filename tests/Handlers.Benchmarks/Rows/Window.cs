using System.Diagnostics;

namespace Handlers.Benchmarks;

/// <summary>The part of a pass that is measured.</summary>
/// <param name="first">Begins when so many messages are handled; null: with <see cref="Begin"/>.</param>
/// <param name="last">Ends when so many are.</param>
internal sealed class Window(long? first, long last)
{
    private readonly TaskCompletionSource<Pass> measured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int isBegun;
    private long from;
    private long began;
    private long allocated;
    private TimeSpan processor;

    /// <summary>From the first hundredth of a pass to its last. What is before it is the group's join, and behind it lanes run dry.</summary>
    public static Window Middle(long messages) => new(messages / 100, messages - (messages / 100));

    /// <summary>Completes with the window.</summary>
    public Task<Pass> Measured => measured.Task;

    /// <summary>It begins, unless it has.</summary>
    public void Begin() => Begin(0);

    /// <summary>So many are handled. Each number comes once, from whichever thread was the one.</summary>
    public void At(long seen)
    {
        if (seen >= last)
        {
            if (measured.Task.IsCompleted) return;
            var elapsed = Stopwatch.GetElapsedTime(began);
            measured.TrySetResult(new Pass(elapsed.TotalSeconds, seen - from, (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds, GC.GetTotalAllocatedBytes(precise: true) - allocated));
        }
        else if (seen >= first)
        {
            Begin(seen);
        }
    }

    private void Begin(long seen)
    {
        if (Volatile.Read(ref isBegun) != 0 || Interlocked.Exchange(ref isBegun, 1) != 0) return;
        from = seen;
        processor = Environment.CpuUsage.TotalTime;
        allocated = GC.GetTotalAllocatedBytes(precise: true);
        began = Stopwatch.GetTimestamp();
    }
}
