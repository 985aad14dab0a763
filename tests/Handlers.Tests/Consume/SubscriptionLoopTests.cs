using System.Collections.Concurrent;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

/// <summary>Several hosts over one broker: hand-over, loss, commits that fail.</summary>
public sealed class SubscriptionLoopTests
{
    private readonly InMemoryBroker broker = new() { Partitions = 2 };
    private readonly ConcurrentQueue<(string Host, string Lane, long Position)> handled = new();

    [Fact]
    public async Task A_lane_that_is_handed_over_is_committed_and_goes_on_where_it_stopped()
    {
        using var first = await StartAsync("first");
        await PublishAsync(100);
        await Until(() => handled.Count >= 50);
        using var second = await StartAsync("second");
        var published = 100;
        await Until(async () =>
        {
            await PublishAsync(10);
            published += 10;
            return handled.Any(h => h.Host == "second");
        });
        await first.StopAsync(TestContext.Current.CancellationToken);
        await PublishAsync(100);
        published += 100;
        await Until(() => handled.Count >= published);
        await second.StopAsync(TestContext.Current.CancellationToken);

        // Handed over in order, nothing is handled twice; and each lane stays in order across its owners.
        Assert.Equal(published, handled.Count);
        Assert.All(handled.GroupBy(h => h.Lane), lane => Assert.Equal(lane.Select(h => h.Position).Order(), lane.Select(h => h.Position)));
        Assert.Equal(published, Committed());
    }

    [Fact]
    public async Task A_lane_that_is_not_released_in_time_is_lost_and_its_late_outcome_counts_for_nothing()
    {
        var hang = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = 0;
        using var first = await StartAsync("first", async () =>
        {
            Interlocked.Increment(ref begun);
            await hang.Task;
        }, revokeBudget: 0.05);
        await PublishAsync(2); // one in each lane
        await Until(() => Volatile.Read(ref begun) == 2); // with one alone the other lane could be handed over before its message is begun
        using var second = await StartAsync("second");
        var status = first.Services.GetRequiredService<HandlersStatus>();
        await Until(() => handled.Any(h => h.Host == "second") && status.Handlers.Single().Lanes.Count == 1); // the first has noticed, too: what ends before that it cannot know to be late
        hang.SetResult();
        await Until(() => status.Handlers.Single().Counts.Late == 1); // nobody waits for a call that was given up, a stop neither
        await first.StopAsync(TestContext.Current.CancellationToken);
        await second.StopAsync(TestContext.Current.CancellationToken);

        // Both ran in the first; the one whose lane had been given on by then ran in the second too, and only that one counts.
        Assert.Equal((2, 1), (handled.Count(h => h.Host == "first"), handled.Count(h => h.Host == "second")));
        Assert.Equal((1, 1), (status.Handlers.Single().Counts.Handled, status.Handlers.Single().Counts.Late));
        Assert.Equal(2, Committed());
    }

    [Fact]
    public async Task A_commit_that_fails_for_a_moment_is_tried_again()
    {
        using var host = await StartAsync("first", transport: new FailingTransport(new InMemoryTransport(broker), failures: 3));
        await PublishAsync(10);
        await Until(() => Committed() == 10);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Empty(host.Services.GetRequiredService<HandlersStatus>().Failures);
    }

    [Fact]
    public async Task A_commit_that_fails_for_good_ends_the_subscription_with_an_error()
    {
        using var host = await StartAsync("first", transport: new FailingTransport(new InMemoryTransport(broker), failures: int.MaxValue));
        await PublishAsync(10);
        await Until(() => host.Services.GetRequiredService<HandlersStatus>().Failures.Count > 0);
        Assert.Contains(host.Services.GetRequiredService<HandlersStatus>().Failures, f => f.ToString().Contains("the broker is away", StringComparison.Ordinal));
        Assert.Equal(0, Committed());
    }

    [Fact]
    public async Task A_lane_whose_reader_fails_ends_the_subscription_with_an_error()
    {
        using var host = await StartAsync("first", transport: new FailingTransport(new InMemoryTransport(broker), failures: 0, failReads: true));
        await Until(() => host.Services.GetRequiredService<HandlersStatus>().Failures.Count > 0);
        Assert.Equal("the disk is gone", host.Services.GetRequiredService<HandlersStatus>().Failures[0].Message);
    }

    private async Task<IHost> StartAsync(string name, Func<Task>? handle = null, double revokeBudget = 5, ITransport? transport = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "test" });
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        HandlersBuilder.For(builder.Services)
            .Add(TestHandler.Of(async (_, context, _) =>
            {
                if (handle is not null) await handle();
                handled.Enqueue((name, context.Lane.Partition, context.Position.Number));
            }))
            .AddTransport("default", _ => transport ?? new InMemoryTransport(broker))
            .Configure(o =>
            {
                o.CommitInterval = TimeSpan.FromMilliseconds(20);
                o.RevokeBudget = TimeSpan.FromSeconds(revokeBudget);
                o.StopBudget = TimeSpan.FromSeconds(2);
                o.CommitAttempts = 4;
            });
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    private ValueTask PublishAsync(int count) => new InMemoryTransport(broker).PublishAsync(
        [.. Enumerable.Range(0, count).Select(_ => new OutgoingMessage { Topic = TestHandler.Topic, Body = "x"u8.ToArray() })], TestContext.Current.CancellationToken);

    private long Committed() => Enumerable.Range(0, 2).Sum(p => broker.Committed(TestHandler.Group, TestHandler.Topic, p)?.Number + 1 ?? 0);

    private static Task Until(Func<bool> condition) => Until(() => Task.FromResult(condition()));

    private static async Task Until(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 2000; i++)
        {
            if (await condition()) return;
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        Assert.Fail("The condition does not come true.");
    }

    /// <summary>A broker that is away for so many commits, or whose lanes cannot be read.</summary>
    private sealed class FailingTransport(InMemoryTransport inner, int failures, bool failReads = false) : ITransport
    {
        public IPublisher Publisher => inner.Publisher;

        public async ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop) =>
            new Subscription(await inner.SubscribeAsync(request, stop), failures, failReads);

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        private sealed class Subscription(ISubscription inner, int failures, bool failReads) : ISubscription
        {
            private int left = failures;

            public async IAsyncEnumerable<ILane> LanesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
            {
                await foreach (var lane in inner.LanesAsync(stop)) yield return failReads ? new Lane(lane) : lane;
            }

            public ValueTask FlushAsync(CancellationToken stop) =>
                left-- > 0 ? throw new TransportException("the broker is away") { IsTransient = true } : inner.FlushAsync(stop);

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }

        private sealed class Lane(ILane inner) : ILane
        {
            public LaneId Id => inner.Id;

            public LaneState State => inner.State;

            public Task<Revocation> Revoked => inner.Revoked;

            public CancellationToken Lost => inner.Lost;

            public ValueTask<bool> ReadAsync(MessageBatch into, CancellationToken stop) => throw new TransportException("the disk is gone");

            public void Store(Position handled) => inner.Store(handled);

            public ValueTask SeekAsync(StartPosition to, CancellationToken stop) => inner.SeekAsync(to, stop);

            public ValueTask ReleaseAsync(LaneEnd end) => inner.ReleaseAsync(end);
        }
    }
}
