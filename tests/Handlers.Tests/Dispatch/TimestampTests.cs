namespace Handlers.Tests;

public sealed class TimestampTests
{
    /// <summary>Producers write what they like: microseconds where milliseconds were meant, for one.</summary>
    [Theory]
    [InlineData(long.MaxValue, 9999)]
    [InlineData(1_750_000_000_000_000_000, 9999)]
    [InlineData(long.MinValue, 1)]
    public async Task One_that_no_calendar_has_does_not_fail_the_handler(long milliseconds, int year)
    {
        var seen = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var transport = new ScriptedTransport
        {
            Read = (batch, _) =>
            {
                batch.Add(ScriptedTransport.Message("x") with { TimestampMilliseconds = milliseconds });
                return new(true);
            },
        };
        using var host = await transport.StartAsync(TestHandler.Of((_, context, _) =>
        {
            seen.TrySetResult(context.Timestamp.Year);
            return default;
        }));
        await Task.WhenAny(seen.Task, transport.Released.Task).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.True(seen.Task.IsCompleted, "The handler was not called.");
        Assert.Equal(year, await seen.Task);
    }
}
