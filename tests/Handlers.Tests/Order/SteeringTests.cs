using System.Collections.Concurrent;

namespace Handlers.Tests;

/// <summary>Limits and pauses that change while messages are under way.</summary>
public sealed class SteeringTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_limit_lowered_below_what_runs_takes_no_slot_from_other_lanes()
    {
        var steps = new Held();
        var queue = new WorkQueue(10, Task.Run);
        var (busy, other) = (Of(queue, steps), Of(queue, steps));
        await busy.RunAsync(Batch(30), .., 0, CancellationToken.None);
        await Waiting.UntilAsync(() => steps.Begun.Count == 10);
        busy.Limit(2);
        await other.RunAsync(Batch(5), .., 100, CancellationToken.None);
        queue.Concurrency = 15;
        await Waiting.UntilAsync(() => steps.Begun.Count(t => t >= 100) == 5);
        Assert.Equal(15, queue.InUse);
        steps.Release();
        await busy.DrainAsync(CancellationToken.None);
        await other.DrainAsync(CancellationToken.None);
        await Waiting.UntilAsync(() => queue.InUse == 0);
    }

    [Fact]
    public async Task A_pause_that_begins_while_another_is_being_lifted_holds()
    {
        var steps = new Held();
        var pause = new LanePause();
        var order = Order.Of(new HandlerSettings { Topic = "t", Ordering = Ordering.None }, lists: false, new WorkQueue(10, Task.Run), steps, pause, TimeProvider.System, () => { });
        using var lifting = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var tell = pause.Changed;
        pause.Changed = () =>
        {
            if (!pause.IsPaused && !lifting.IsSet)
            {
                lifting.Set();
                goOn.Wait();
            }

            tell();
        };
        pause.Set(PauseReasons.CannotPublish, true);
        var lift = Task.Run(() => pause.Set(PauseReasons.CannotPublish, false), Stop);
        lifting.Wait(Stop);
        pause.Set(PauseReasons.Asked, true);
        goOn.Set();
        await lift;
        Assert.True(pause.IsPaused);
        await order.RunAsync(Batch(1), .., 0, CancellationToken.None);
        await Task.Delay(50, Stop);
        Assert.Empty(steps.Begun);
        order.Close();
    }

    private static Order Of(WorkQueue queue, IMessageSteps steps) =>
        Order.Of(new HandlerSettings { Topic = "t", Ordering = Ordering.None }, lists: false, queue, steps, new LanePause(), TimeProvider.System, () => { });

    private static MessageBatch Batch(int count)
    {
        var batch = new MessageBatch(count, 1000);
        for (var i = 0; i < count; i++) batch.Add(new Message { Position = new Position(i) });
        return batch;
    }

    private sealed class Held : IMessageSteps
    {
        private readonly TaskCompletionSource<bool> released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<long> Begun { get; } = [];

        public void Release() => released.SetResult(true);

        public ValueTask<bool> HandleAsync(ref readonly Message message, long ticket, ISlot? slot)
        {
            Begun.Enqueue(ticket);
            return new(released.Task);
        }

        public ValueTask<bool> HandleAsync(IReadOnlyList<Work> batch, ISlot? slot) => throw new NotSupportedException();
    }
}
