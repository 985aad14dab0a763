namespace Handlers.Tests;

public sealed class ObservedPublisherTests
{
    [Fact]
    public async Task A_send_that_is_counted_and_timed_leaves_no_garbage()
    {
#if DEBUG
        Assert.Skip("Only optimized code keeps the state of an async method that completes at once on the stack.");
#endif
        using var instruments = new Instruments(null);
        instruments.IsKept = true;
        var publisher = new ObservedPublisher(new Nowhere(), instruments, TimeProvider.System);
        var message = new OutgoingMessage { Topic = "out" };
        long allocated = 0;
        for (var i = 0; i < 2000; i++)
        {
            if (i == 1000) allocated = GC.GetAllocatedBytesForCurrentThread();
            var sending = publisher.PublishAsync(message, CancellationToken.None);
            if (!sending.IsCompletedSuccessfully) await sending;
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 999);
        var read = instruments.Read().ToDictionary(static f => f.Name, static f => f.Series.Single() is var s && s.Buckets is { } timed ? timed.Count : s.Value);
        Assert.Equal(2000, read["messaging.client.sent.messages"]);
        Assert.InRange(read["messaging.client.operation.duration"], 1900, 2000); // for the last few the next one that is timed stands
    }

    private sealed class Nowhere : ITransport, IPublisher
    {
        public IPublisher Publisher => this;

        public ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default) => default;

        public ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default) => default;

        public ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;
    }
}
