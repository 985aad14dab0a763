using Handlers.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Tests;

public sealed class FlusherTests
{
    /// <summary>Who waits for a broker for long must not sleep through its return: a stop may have only seconds for its last commit.</summary>
    [Fact]
    public async Task A_broker_that_comes_back_is_noticed_soon_however_often_it_was_asked()
    {
        const int away = 15;
        var clock = new FakeClock();
        ScriptedTransport transport = null!;
        transport = new ScriptedTransport
        {
            Flush = _ => transport.Flushes <= away ? throw new TransportException("away") { IsTransient = true } : default,
        };
        using var flusher = new Flusher(transport, "test", attempts: 100, clock, NullLogger.Instance);
        var flush = flusher.FlushAsync(TestContext.Current.CancellationToken).AsTask();
        for (var second = 0; second < away * 5 && !flush.IsCompleted; second++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }

        Assert.True(flush.IsCompletedSuccessfully, $"After {away * 5} s it has asked {transport.Flushes} times.");
    }
}
