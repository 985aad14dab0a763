using Handlers.Testing;

namespace Handlers.Simulation;

/// <summary>
/// Exceptions that nobody looked at. The garbage collector finds them, and does not know the schedule; so these schedules have no crashes, which
/// leave tasks behind that nobody could look at.
/// </summary>
internal static class Unobserved
{
    /// <summary>Runs schedules one after the other, and returns what went unobserved.</summary>
    public static IReadOnlyList<string> In(ulong first, int count)
    {
        var found = new List<string>();
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            Run(first, count);
            for (var i = 0; i < 2; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }

        lock (found) return [.. found];

        void Note(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            e.SetObserved();
            lock (found) found.Add(e.Exception.ToString());
        }
    }

    private static void Run(ulong first, int count)
    {
        for (var i = 0UL; i < (ulong)count; i++) new Schedule(first + i, CellPlan.WithoutCrashes).Run();
    }
}
