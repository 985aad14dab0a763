namespace Handlers.Tests;

public sealed class OrderTests
{
    private readonly MessageBatch batch = new(4, 100);

    public OrderTests()
    {
        for (var i = 0; i < 4; i++) batch.Add(new Message { Position = new Position(i) });
    }

    [Fact]
    public async Task A_lane_handles_one_message_after_the_other()
    {
        var steps = new Steps();
        Assert.True(await Order.Of(Ordering.Lane).RunAsync(batch, 10, steps, CancellationToken.None));
        Assert.Equal([(0, 10L), (1, 11L), (2, 12L), (3, 13L)], steps.Handled);
        Assert.Equal(1, steps.MostAtOnce);
    }

    [Fact]
    public async Task A_message_that_ends_the_lane_is_the_last()
    {
        var steps = new Steps { EndsAt = 1 };
        Assert.False(await Order.Of(Ordering.Lane).RunAsync(batch, 0, steps, CancellationToken.None));
        Assert.Equal(2, steps.Handled.Count);
    }

    [Fact]
    public async Task After_a_stop_no_message_is_begun()
    {
        using var stop = new CancellationTokenSource();
        var steps = new Steps { OnHandle = i => { if (i == 2) stop.Cancel(); } };
        Assert.False(await Order.Of(Ordering.Lane).RunAsync(batch, 0, steps, stop.Token));
        Assert.Equal(3, steps.Handled.Count);
    }

    private sealed class Steps : IMessageSteps
    {
        private int now;

        public List<(int Index, long Ticket)> Handled { get; } = [];

        public int MostAtOnce { get; private set; }

        public int? EndsAt { get; init; }

        public Action<int> OnHandle { get; init; } = _ => { };

        public async ValueTask<bool> HandleAsync(MessageBatch batch, int index, long ticket)
        {
            MostAtOnce = Math.Max(MostAtOnce, ++now);
            await Task.Yield();
            Handled.Add((index, ticket));
            OnHandle(index);
            now--;
            return index != EndsAt;
        }
    }
}
