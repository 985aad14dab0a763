using System.Collections.Concurrent;

namespace Handlers.Tests;

public sealed class OrderTests
{
    private readonly MessageBatch batch = new(8, 1000);
    private readonly LanePause pause = new();
    private readonly Steps steps = new();
    private bool ended;

    [Fact]
    public async Task A_lane_handles_one_message_after_the_other()
    {
        Fill("a", "b", "a", "b");
        var order = Of(Ordering.Lane);
        var running = order.RunAsync(batch, .., 10, CancellationToken.None).AsTask();
        for (var i = 0; i < 4; i++) await steps.EndAsync(10 + i);
        Assert.True(await running);
        Assert.Equal([10L, 11L, 12L, 13L], steps.Begun);
        Assert.Equal(1, steps.MostAtOnce);
    }

    [Fact]
    public async Task A_message_that_ends_the_lane_is_the_last()
    {
        Fill("a", "b", "a");
        var running = Of(Ordering.Lane).RunAsync(batch, .., 0, CancellationToken.None).AsTask();
        await steps.EndAsync(0);
        await steps.EndAsync(1, goOn: false);
        Assert.False(await running);
        Assert.Equal(2, steps.Begun.Count);
    }

    [Fact]
    public async Task After_a_stop_no_message_of_a_lane_is_begun()
    {
        Fill("a", "b", "a");
        using var stop = new CancellationTokenSource();
        var running = Of(Ordering.Lane).RunAsync(batch, .., 0, stop.Token).AsTask();
        await steps.BegunAsync(0);
        stop.Cancel();
        await steps.EndAsync(0);
        Assert.False(await running);
        Assert.Single(steps.Begun);
    }

    [Fact]
    public async Task Messages_of_different_keys_run_beside_each_other_and_those_of_one_key_in_order()
    {
        Fill("a", "b", "a", "a", "b");
        var order = Of(Ordering.Key);
        Assert.True(await order.RunAsync(batch, .., 0, CancellationToken.None));
        await steps.BegunAsync(0);
        await steps.BegunAsync(1);
        Assert.Equal(2, steps.Begun.Count);
        await steps.EndAsync(1);
        await steps.BegunAsync(4); // the next of b, whatever a does
        await steps.EndAsync(4);
        await steps.EndAsync(0);
        await steps.EndAsync(2);
        await steps.EndAsync(3);
        await order.DrainAsync(CancellationToken.None);
        Assert.Equal([0L, 2L, 3L], steps.Begun.Where(t => t is 0 or 2 or 3));
    }

    [Fact]
    public async Task Keys_are_told_apart_by_all_of_their_bytes_and_messages_without_one_have_no_order()
    {
        Fill("a", "aa", null, null, "");
        var order = Of(Ordering.Key);
        await order.RunAsync(batch, .., 0, CancellationToken.None);
        for (var i = 0; i < 5; i++) await steps.BegunAsync(i);
        for (var i = 0; i < 5; i++) await steps.EndAsync(i);
        await order.DrainAsync(CancellationToken.None);
        Assert.Equal(5, steps.MostAtOnce);
    }

    [Fact]
    public async Task No_more_than_the_concurrency_run_at_once_over_all_lanes_and_lanes_take_turns()
    {
        Fill("a", "b", "c", "d");
        var queue = new WorkQueue(2, Start);
        var (one, other) = (Of(Ordering.None, queue), Of(Ordering.None, queue));
        await one.RunAsync(batch, .., 0, CancellationToken.None);
        await steps.BegunAsync(0);
        await steps.BegunAsync(1);
        await other.RunAsync(batch, .., 100, CancellationToken.None);
        await steps.EndAsync(0);
        await steps.EndAsync(1);
        await steps.BegunAsync(2);
        await steps.BegunAsync(100); // not 3: the other lane is in turn
        foreach (var ticket in new long[] { 2, 100, 3, 101, 102, 103 }) await steps.EndAsync(ticket);
        await one.DrainAsync(CancellationToken.None);
        await other.DrainAsync(CancellationToken.None);
        Assert.Equal(2, steps.MostAtOnce);
    }

    [Fact]
    public async Task Concurrency_changes_while_messages_run()
    {
        Fill("a", "b", "c", "d", "e", "f");
        var queue = new WorkQueue(1, Start);
        var order = Of(Ordering.None, queue);
        await order.RunAsync(batch, .., 0, CancellationToken.None);
        await steps.BegunAsync(0);
        queue.Concurrency = 3;
        await steps.BegunAsync(1);
        await steps.BegunAsync(2);
        queue.Concurrency = 1;
        await steps.EndAsync(0);
        await steps.EndAsync(1);
        Assert.Equal(3, steps.Begun.Count);
        await steps.EndAsync(2);
        for (var i = 3; i < 6; i++) await steps.EndAsync(i);
        await order.DrainAsync(CancellationToken.None);
        Assert.Equal(3, steps.MostAtOnce);
        await Waiting.UntilAsync(() => queue.InUse == 0);
    }

    [Fact]
    public async Task A_limit_of_one_lane_holds_below_that_of_the_topic()
    {
        Fill("a", "b", "c");
        var order = Of(Ordering.None, new WorkQueue(10, Start));
        order.Limit(1);
        await order.RunAsync(batch, .., 0, CancellationToken.None);
        for (var i = 0; i < 3; i++) await steps.EndAsync(i);
        await order.DrainAsync(CancellationToken.None);
        Assert.Equal(1, steps.MostAtOnce);
    }

    [Theory]
    [InlineData(Ordering.Key)]
    [InlineData(Ordering.None)]
    public async Task After_a_stop_what_runs_is_waited_for_and_nothing_else_begins(Ordering ordering)
    {
        Fill("a", "b", "c", "a");
        var order = Of(ordering, new WorkQueue(2, Start));
        await order.RunAsync(batch, .., 0, CancellationToken.None);
        await steps.BegunAsync(0);
        await steps.BegunAsync(1);
        var drained = order.DrainAsync(new CancellationToken(canceled: true));
        await steps.EndAsync(0);
        Assert.False(drained.IsCompleted);
        await steps.EndAsync(1);
        await drained;
        Assert.Equal(2, steps.Begun.Count);
    }

    [Fact]
    public async Task A_message_that_throws_ends_the_lane_and_what_runs_beside_it_may_finish()
    {
        Fill("a", "b", "c");
        var order = Of(Ordering.Key, new WorkQueue(2, Start));
        await order.RunAsync(batch, .., 0, CancellationToken.None);
        await steps.BegunAsync(1);
        await steps.FailAsync(0, new InvalidOperationException("no"));
        await Waiting.UntilAsync(() => ended);
        var drained = order.DrainAsync(CancellationToken.None);
        Assert.False(drained.IsCompleted);
        await steps.EndAsync(1);
        Assert.Equal("no", (await Assert.ThrowsAsync<InvalidOperationException>(() => drained)).Message);
        Assert.Equal(2, steps.Begun.Count);
    }

    [Theory]
    [InlineData(Ordering.Key)]
    [InlineData(Ordering.None)]
    public async Task A_paused_lane_begins_nothing_until_it_goes_on(Ordering ordering)
    {
        Fill("a", "b");
        pause.Set(PauseReasons.Asked, true);
        var order = Of(ordering);
        await order.RunAsync(batch, .., 0, CancellationToken.None);
        Assert.Empty(steps.Begun);
        pause.Set(PauseReasons.Asked, false);
        await steps.EndAsync(0);
        await steps.EndAsync(1);
        await order.DrainAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_message_that_waits_for_something_else_leaves_its_place_and_gets_one_again_in_turn()
    {
        Fill("a", "b", "c");
        var queue = new WorkQueue(1, Start);
        var order = Of(Ordering.None, queue);
        await order.RunAsync(batch, .., 0, CancellationToken.None);
        await steps.BegunAsync(0);
        queue.Leave();
        await steps.BegunAsync(1);
        var again = queue.EnterAsync(CancellationToken.None).AsTask();
        Assert.False(again.IsCompleted);
        await steps.EndAsync(1);
        await again; // before the third, which has waited for less
        Assert.Equal(2, steps.Begun.Count);
        await steps.EndAsync(0);
        await steps.EndAsync(2);
        await order.DrainAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Lists_go_when_they_are_full_and_when_the_first_message_has_waited_long_enough()
    {
        Fill("a", "b", "c");
        var clock = new Testing.FakeClock();
        var order = Order.Of(new HandlerSettings { Topic = "t", BatchSize = 2, BatchTime = TimeSpan.FromSeconds(1) }, lists: true, new WorkQueue(9, Start), steps, pause, clock, () => { });
        await order.RunAsync(batch, .., 0, CancellationToken.None);
        await steps.EndAsync(0);
        Assert.Equal([0L], steps.Begun); // tickets 0 and 1 are one call
        clock.Advance(TimeSpan.FromSeconds(1));
        await steps.EndAsync(2);
        await order.DrainAsync(CancellationToken.None);
        Assert.Equal([2, 1], steps.Lists);
        order.Close();
    }

    [Fact]
    public async Task Lists_of_a_lane_in_order_run_one_after_the_other()
    {
        Fill("a", "b", "c", "d");
        var order = Order.Of(new HandlerSettings { Topic = "t", BatchSize = 2 }, lists: true, new WorkQueue(9, Start), steps, pause, TimeProvider.System, () => { });
        await order.RunAsync(batch, .., 0, CancellationToken.None);
        await steps.EndAsync(0);
        await steps.EndAsync(2);
        await order.DrainAsync(CancellationToken.None);
        Assert.Equal(1, steps.MostAtOnce);
        order.Close();
    }

    private Order Of(Ordering ordering, WorkQueue? queue = null) =>
        Order.Of(new HandlerSettings { Topic = "t", Ordering = ordering }, lists: false, queue ?? new WorkQueue(100, Start), steps, pause, TimeProvider.System, () => ended = true);

    private static Task Start(Func<Task> work) => Task.Run(work);

    private void Fill(params string?[] keys)
    {
        for (var i = 0; i < keys.Length; i++) batch.Add(new Message { Position = new Position(i), Key = Bytes.Of(OutgoingMessage.Utf8(keys[i])) });
    }

    /// <summary>Messages end when the test says so.</summary>
    private sealed class Steps : IMessageSteps
    {
        private readonly ConcurrentDictionary<long, TaskCompletionSource<bool>> running = new();
        private int now;

        public ConcurrentQueue<long> Begun { get; } = [];

        public ConcurrentQueue<int> Lists { get; } = [];

        public int MostAtOnce { get; private set; }

        public ValueTask<bool> HandleAsync(ref readonly Message message, long ticket, ISlot? slot) => RunAsync(ticket);

        public ValueTask<bool> HandleAsync(IReadOnlyList<Work> batch, ISlot? slot)
        {
            Lists.Enqueue(batch.Count);
            return RunAsync(batch[0].Ticket);
        }

        public Task BegunAsync(long ticket) => Waiting.UntilAsync(() => Begun.Contains(ticket));

        public async Task EndAsync(long ticket, bool goOn = true)
        {
            await BegunAsync(ticket);
            Of(ticket).SetResult(goOn);
        }

        public async Task FailAsync(long ticket, Exception e)
        {
            await BegunAsync(ticket);
            Of(ticket).SetException(e);
        }

        private TaskCompletionSource<bool> Of(long ticket) => running.GetOrAdd(ticket, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

        private async ValueTask<bool> RunAsync(long ticket)
        {
            lock (running) MostAtOnce = Math.Max(MostAtOnce, ++now);
            Begun.Enqueue(ticket);
            try
            {
                return await Of(ticket).Task;
            }
            finally
            {
                lock (running) now--;
            }
        }
    }
}
