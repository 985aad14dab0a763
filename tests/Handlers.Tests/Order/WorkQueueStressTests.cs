namespace Handlers.Tests;

/// <summary>Lanes that come and go, pauses, limits and leaves at random, on real threads: every message is handled and every place comes back.</summary>
public sealed class WorkQueueStressTests
{
    [Theory]
    [InlineData(1, Ordering.None)]
    [InlineData(2, Ordering.Key)]
    [InlineData(3, Ordering.Key)]
    [InlineData(4, Ordering.None)]
    public async Task Every_message_is_handled_and_every_place_comes_back(int seed, Ordering ordering)
    {
        for (var round = 0; round < 60; round++) await RoundAsync(new Random((seed * 1000) + round), ordering);
    }

    private static async Task RoundAsync(Random random, Ordering ordering)
    {
        var most = random.Next(1, 6);
        var queue = new WorkQueue(most, Task.Run);
        using var ended = new CancellationTokenSource();
        var lanes = Enumerable.Range(0, 3).Select(i => new OneLane(queue, ordering, random.Next())).ToList();
        var steering = Task.Run(async () =>
        {
            while (!ended.IsCancellationRequested)
            {
                var lane = lanes[random.Next(lanes.Count)];
                switch (random.Next(4))
                {
                    case 0: lane.Order.Limit(random.Next(1, 5)); break;
                    case 1: lane.Pause.Set(PauseReasons.Asked, random.Next(2) == 0); break;
                    case 2: lane.Pause.Set(PauseReasons.CircuitBreaker, random.Next(2) == 0); break;
                    default: queue.Concurrency = random.Next(1, most + 1); break;
                }

                await Task.Yield();
            }
        });
        await Task.WhenAll(lanes.Select(lane => Task.Run(() => lane.FillAsync(20, 20))));
        ended.Cancel();
        await steering;
        foreach (var lane in lanes)
        {
            lane.Pause.Set(PauseReasons.Asked, false);
            lane.Pause.Set(PauseReasons.CircuitBreaker, false);
        }

        foreach (var lane in lanes) await lane.Order.DrainAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.All(lanes, lane => Assert.Equal(400, lane.Handled));
        Assert.All(lanes, lane => Assert.Null(lane.Disorder));
        await Waiting.UntilAsync(() => queue.InUse == 0);
    }

    private sealed class OneLane : IMessageSteps
    {
        private readonly Random random;
        private readonly long[] last = Enumerable.Repeat(-1L, 5).ToArray();
        private readonly int[] within = new int[5];
        private readonly bool inOrder;
        private int handled;

        public OneLane(WorkQueue queue, Ordering ordering, int seed)
        {
            random = new Random(seed);
            inOrder = ordering == Ordering.Key;
            Order = Order.Of(new HandlerSettings { Topic = "t", Ordering = ordering }, lists: false, queue, this, Pause, TimeProvider.System, () => { });
        }

        public LanePause Pause { get; } = new();

        public Order Order { get; }

        public int Handled => Volatile.Read(ref handled);

        public string? Disorder { get; private set; }

        public async Task FillAsync(int batches, int size)
        {
            for (var b = 0; b < batches; b++)
            {
                var batch = new MessageBatch(size, 100000);
                for (var i = 0; i < size; i++) batch.Add(new Message { Position = new Position((b * size) + i), Key = Bytes.Of([(byte)(i % 5)]) });
                await Order.RunAsync(batch, .., b * size, CancellationToken.None);
                await Task.Yield();
            }
        }

        public ValueTask<bool> HandleAsync(ref readonly Message message, long ticket, ISlot? slot) => RunAsync(message.Key.Span[0], ticket, slot!);

        public ValueTask<bool> HandleAsync(IReadOnlyList<Work> batch, ISlot? slot) => throw new NotSupportedException();

        private async ValueTask<bool> RunAsync(int key, long ticket, ISlot slot)
        {
            if (inOrder && (Interlocked.Increment(ref within[key]) != 1 || last[key] >= ticket)) Disorder = $"{ticket} after {last[key]} of key {key}";
            last[key] = ticket;
            int chance;
            lock (random) chance = random.Next(10);
            if (chance < 3) await Task.Yield();
            if (chance == 0)
            {
                slot.Leave();
                await Task.Yield();
                await slot.EnterAsync(CancellationToken.None);
            }

            if (inOrder) Interlocked.Decrement(ref within[key]);
            Interlocked.Increment(ref handled);
            return true;
        }
    }
}
