namespace Handlers.Kafka.Tests;

/// <summary>Tests wait for conditions, never for durations.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task UntilAsync(Func<bool> condition, string what = "The condition does not come to hold.") => UntilAsync(() => Task.FromResult(condition()), () => what);

    /// <param name="condition">What is waited for.</param>
    /// <param name="otherwise">What to say where it does not come.</param>
    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience) throw new TimeoutException(otherwise());
            await Task.Delay(TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken);
        }
    }
}
