namespace Handlers;

/// <summary>
/// Waits that stay on the captured context. The framework's own (<c>WaitAsync</c>, <c>WhenAny</c>, <c>WhenAll</c>) take a detour over the
/// thread pool where the task was made to run its continuations asynchronously, and a simulation on one thread cannot follow them there.
/// </summary>
internal static class FirstOf
{
    /// <summary>Completes when the task does or <paramref name="stop"/> fires, whichever is first. Never throws: look at either.</summary>
    public static async ValueTask OrStopAsync(this Task task, CancellationToken stop)
    {
        if (task.IsCompleted || stop.IsCancellationRequested) return;
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stopping = stop.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetResult(), first);
        _ = TellAsync(task, first);
        await first.Task;
    }

    /// <summary>Completes when all have, and throws what the first of them threw.</summary>
    public static async Task AllAsync(IReadOnlyList<Task> tasks)
    {
        foreach (var task in tasks) await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        foreach (var task in tasks) await task; // each is observed above: an await that does not throw has looked
    }

    private static async Task TellAsync(Task task, TaskCompletionSource first)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        first.TrySetResult();
    }
}
