using System.Collections.Concurrent;
using Handlers.Testing;

namespace Handlers.Tests;

public sealed class RetryTopicTests
{
    private readonly ConcurrentQueue<(string Body, string Topic, DateTimeOffset At)> calls = new();
    private readonly ConcurrentQueue<string> ids = new();
    private HandlersTestHost? started;

    [Fact]
    public async Task A_message_that_fails_comes_again_from_topic_after_topic_and_holds_up_nothing_meanwhile()
    {
        await using var host = await StartAsync(failures: 2);
        await host.PublishAsync(TestHandler.Topic, "bad", "key");
        await host.PublishAsync(TestHandler.Topic, "later");
        await host.WaitUntilAsync(() => calls.Count == 2, TestContext.Current.CancellationToken); // without any time passing
        Assert.Equal(["bad", "later"], calls.Select(c => c.Body).Order());

        await host.AdvanceUntilAsync(() => calls.Count == 4, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        var bad = calls.Where(c => c.Body == "bad").ToArray();
        Assert.Equal(["things", "things.test.retry.5s", "things.test.retry.1m"], bad.Select(c => c.Topic));
        Assert.InRange((bad[1].At - bad[0].At).TotalSeconds, 5, 7);
        Assert.InRange((bad[2].At - bad[1].At).TotalSeconds, 60, 62);
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Counts.Handled == 2, stop: TestContext.Current.CancellationToken);
        Assert.Equal(2, host.Status.Handlers.Single().Counts.Deferred);
        Assert.Equal("things/0@0", Assert.Single(ids.Distinct()));
        Assert.Empty(host.Broker.Messages("things.dead"));
    }

    [Fact]
    public async Task After_the_last_topic_the_failure_counts_and_the_dead_letter_names_the_origin()
    {
        await using var host = await StartAsync(failures: 99);
        await host.PublishAsync(TestHandler.Topic, "first");
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.AdvanceUntilAsync(() => host.Broker.Messages("things.dead").Count == 1, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        var letter = host.Broker.Messages("things.dead").Single();
        Assert.Equal("things/0@1", letter.Headers.Text(DeadLetterHeaders.Id));
        Assert.Equal("things", letter.Headers.Text(DeadLetterHeaders.Topic));
        Assert.Equal("3", letter.Headers.Text(DeadLetterHeaders.Attempts));
        Assert.Equal(1, letter.Headers.Count(h => h.Name == DeadLetterHeaders.Id));
    }

    [Fact]
    public async Task A_message_that_waits_for_its_time_is_not_stuck()
    {
        await using var host = await StartAsync(failures: 2);
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Counts.Deferred == 2, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Any(l => l is { Uncommitted: 1, Id.Topic: "things.test.retry.1m" }), TestContext.Current.CancellationToken);
        for (var second = 0; second < 30; second++) host.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.All(host.Status.Handlers.Single().Lanes, l => Assert.Null(l.Oldest));
    }

    [Fact]
    public async Task A_message_that_waits_in_a_retry_topic_survives_a_stop()
    {
        var host = await StartAsync(failures: 1);
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.AdvanceUntilAsync(() => host.Committed(TestHandler.Group, TestHandler.Topic) == 1, stop: TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Single(host.Broker.Messages("things.test.retry.5s"));
        Assert.Equal(0, Enumerable.Range(0, 1).Sum(p => host.Broker.Committed(TestHandler.Group, "things.test.retry.5s", p)?.Number + 1 ?? 0));
        await host.DisposeAsync();
    }

    private async Task<HandlersTestHost> StartAsync(int failures)
    {
        var left = failures;
        return started = await TestHandler.StartAsync(TestHandler.Of((body, context, _) =>
        {
            calls.Enqueue((body, context.Topic, started!.Clock.GetUtcNow()));
            if (body == "bad") ids.Enqueue(context.Id);
            return body == "bad" && Interlocked.Decrement(ref left) >= 0 ? throw new InvalidOperationException("no") : default;
        }, settings: s => s with { Ordering = Ordering.None, RetryTopics = [TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1)], DeadLetter = "things.dead" }));
    }
}
