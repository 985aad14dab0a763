namespace Handlers.Embedded;

/// <summary>The one place where this transport starts work of its own.</summary>
internal static class Work
{
    /// <summary>Starts a loop away from the caller, who keeps the task and awaits it at the end.</summary>
    public static async Task Start(Func<Task> loop)
    {
        await Task.Yield();
        await loop();
    }
}
