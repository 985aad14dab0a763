using Handlers.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Tests;

public sealed class FlusherTests
{
    [Fact]
    public async Task Callers_that_come_while_a_flush_is_under_way_share_the_next()
    {
        var subscription = new Slow();
        var flusher = New(subscription);
        var first = flusher.FlushAsync(CancellationToken.None).AsTask();
        var others = Enumerable.Range(0, 10).Select(_ => flusher.FlushAsync(CancellationToken.None).AsTask()).ToList();
        subscription.Finish();
        await first;
        await subscription.WaitForAsync(flushes: 2);
        subscription.Finish();
        await Task.WhenAll(others);
        Assert.Equal(2, subscription.Flushes);
    }

    [Fact]
    public async Task A_flush_that_began_before_a_store_does_not_cover_it()
    {
        var subscription = new Slow();
        var flusher = New(subscription);
        var first = flusher.FlushAsync(CancellationToken.None).AsTask();
        var second = flusher.FlushAsync(CancellationToken.None).AsTask();
        subscription.Finish();
        await first;
        await subscription.WaitForAsync(flushes: 2);
        Assert.False(second.IsCompleted);
        subscription.Finish();
        await second;
    }

    [Fact]
    public async Task What_is_not_transient_is_not_tried_again()
    {
        var subscription = new Slow { Error = new TransportException("for good") };
        var flusher = New(subscription);
        await Assert.ThrowsAsync<TransportException>(() => flusher.FlushAsync(CancellationToken.None).AsTask());
        Assert.Equal(1, subscription.Flushes);
    }

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
        var flusher = new Flusher(transport, "test", attempts: 100, clock, NullLogger.Instance);
        var flush = flusher.FlushAsync(TestContext.Current.CancellationToken).AsTask();
        for (var second = 0; second < away * 5 && !flush.IsCompleted; second++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }

        Assert.True(flush.IsCompletedSuccessfully, $"After {away * 5} s it has asked {transport.Flushes} times.");
    }

    private static Flusher New(ISubscription subscription) => new(subscription, "g", attempts: 3, TimeProvider.System, NullLogger.Instance);

    private sealed class Slow : ISubscription
    {
        private TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Flushes { get; private set; }

        public Exception? Error { get; init; }

        public void Finish()
        {
            var finished = turn;
            turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            finished.SetResult();
        }

        public async Task WaitForAsync(int flushes)
        {
            while (Flushes < flushes) await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        public async ValueTask FlushAsync(CancellationToken stop)
        {
            Flushes++;
            if (Error is not null) throw Error;
            await turn.Task;
        }

        public IAsyncEnumerable<ILane> LanesAsync(CancellationToken stop) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;
    }
}
