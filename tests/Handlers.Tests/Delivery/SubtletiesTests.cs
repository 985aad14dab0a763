using System.Collections.Concurrent;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Tests;

/// <summary>
/// Defects that other stream consumers shipped, each named by the thread that tells of it, and what this runtime does instead. Where a
/// class of its own goes deeper, the comment says which.
/// </summary>
public sealed class SubtletiesTests
{
    private readonly ConcurrentQueue<string> handled = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> held = new();

    /// <summary>baseplate's consumer returned on an invalid message without storing its offset.</summary>
    [Fact]
    public async Task Baseplate_an_invalid_message_moves_the_watermark()
    {
        await using var host = await StartAsync();
        await host.PublishAsync(new OutgoingMessage { Topic = TestHandler.Topic, Body = new byte[] { 0xFF } });
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(new Position(0), host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    /// <summary>baseplate's workers went on with queued messages of partitions that were another's by then. OrderTests has more, SubscriptionLoopTests what is revoked.</summary>
    [Theory]
    [InlineData(Ordering.Lane)]
    [InlineData(Ordering.Key)]
    [InlineData(Ordering.None)]
    public async Task Baseplate_queued_messages_of_a_lane_that_is_taken_away_are_not_begun(Ordering ordering)
    {
        await using var host = await StartAsync(s => s with { Ordering = ordering, Concurrency = 1 });
        Hold("m0");
        for (var i = 0; i < 5; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}");
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ Uncommitted: > 0 }], TestContext.Current.CancellationToken);
        await using var other = new InMemoryTransport(host.Broker);
        var joined = await JoinAsync(other);
        await using var lanes = joined.LanesAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var next = lanes.MoveNextAsync().AsTask();
        var stopping = host.StopAsync(TestContext.Current.CancellationToken); // intake ends before this returns
        held["m0"].SetResult();
        Assert.True(await next);
        await stopping;
        Assert.Equal(["m0"], handled);
        Assert.Equal(new Position(0), host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    /// <summary>baseplate's Fast consumer committed before it processed; 16 to 420 messages were lost when it was killed right after.</summary>
    [Fact]
    public async Task Baseplate_fast_commits_nothing_that_is_not_handled()
    {
        await using var host = await StartAsync(s => s with { Ordering = Ordering.None, Concurrency = 8 });
        Hold("m0");
        for (var i = 0; i < 50; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}");
        await host.WaitUntilAsync(() => handled.Count == 49, TestContext.Current.CancellationToken);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
        held["m0"].SetResult();
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>arXiv's consumer lost its progress within a batch when a handler failed.</summary>
    [Fact]
    public async Task Arxiv_what_was_handled_before_a_failure_is_committed()
    {
        await using var host = await StartAsync();
        foreach (var body in new[] { "a", "b", "fails", "c" }) await host.PublishAsync(TestHandler.Topic, body);
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.WaitUntilHandledAsync(TestContext.Current.CancellationToken));
        Assert.Equal(new Position(1), host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    /// <summary>confluentinc/parallel-consumer#826: committing the highest offset seen loses what is still under way. WatermarkTests has more.</summary>
    [Fact]
    public void Parallel_consumer_826_the_highest_position_seen_is_not_committed_and_gaps_are_normal()
    {
        var watermark = new Watermark();
        var ticket = watermark.Receive([At(3), At(7), At(8)]);
        watermark.Complete(ticket + 2);
        Assert.False(watermark.TryTake(out _, out _));
        watermark.Complete(ticket);
        Assert.True(watermark.TryTake(out var position, out _));
        Assert.Equal(new Position(3), position);
        watermark.Complete(ticket + 1);
        Assert.True(watermark.TryTake(out position, out _));
        Assert.Equal(new Position(8), position);
    }

    /// <summary>spring-projects/spring-kafka#3186: a retried old commit moved the position backwards.</summary>
    [Fact]
    public async Task Spring_kafka_3186_a_commit_that_is_tried_again_is_not_an_old_one()
    {
        var fails = 3;
        var scripted = new ScriptedTransport
        {
            Read = (batch, _) =>
            {
                for (var i = 0; i < 4; i++) batch.Add(ScriptedTransport.Message("m", i));
                return new(true);
            },
            Flush = _ => Interlocked.Decrement(ref fails) >= 0 ? throw new TransportException("busy") { IsTransient = true } : default,
        };
        using var host = await scripted.StartAsync(TestHandler.Of((_, _, _) => default, settings: s => s with { Commit = Commit.EachMessage }));
        await scripted.Waiting.Task.WaitAsync(TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(scripted.Stored.Order(), scripted.Stored);
        Assert.Equal(new Position(3), scripted.Stored.Last());
    }

    /// <summary>spring-kafka#2222, #2350, #2525: a partition that came back was as it had been in the queue, but no longer paused. ControlTests has more.</summary>
    [Fact]
    public async Task Spring_kafka_2222_a_lane_that_comes_back_begins_anew_and_is_still_paused()
    {
        await using var host = await TestHandler.StartAsync(Handler(), partitions: 2);
        await host.WaitUntilAsync(() => Lanes().Count == 2, TestContext.Current.CancellationToken);
        host.Services.GetRequiredService<HandlersControl>().Pause("Things.OnThing");
        for (var i = 0; i < 6; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}", $"k{i}");
        await using (var other = new InMemoryTransport(host.Broker))
        {
            var joined = await JoinAsync(other);
            await using var lanes = joined.LanesAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
            Assert.True(await lanes.MoveNextAsync());
            Assert.Single(Lanes());
            await lanes.Current.ReleaseAsync(LaneEnd.Stopped);
        }

        await host.WaitUntilAsync(() => Lanes() is [{ Paused: PauseReasons.Asked }, { Paused: PauseReasons.Asked }], TestContext.Current.CancellationToken);
        Assert.Contains(Lanes(), l => l is { Id.Epoch: > 1, Uncommitted: 0 });
        Assert.Empty(handled);
        host.Services.GetRequiredService<HandlersControl>().Resume("Things.OnThing");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["m0", "m1", "m2", "m3", "m4", "m5"], handled.Order());

        IReadOnlyList<LaneStatus> Lanes() => host.Status.Handlers.Single().Lanes;
    }

    /// <summary>JasperFx/wolverine#3134, #3150, #3161: a commit after each message commits more than that one as soon as messages run beside each other.</summary>
    [Theory]
    [InlineData(Ordering.Key)]
    [InlineData(Ordering.None)]
    public async Task Wolverine_3134_a_commit_for_each_message_is_refused_where_messages_run_beside_each_other(Ordering ordering)
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => StartAsync(s => s with { Ordering = ordering, Commit = Commit.EachMessage }));
        Assert.Contains($"has no meaning with Ordering.{ordering}", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Farfetch/kafkaflow: a worker completed messages in a finally, those too whose handler had thrown.</summary>
    [Theory]
    [InlineData(Ordering.Lane)]
    [InlineData(Ordering.Key)]
    [InlineData(Ordering.None)]
    public async Task Kafkaflow_a_message_whose_handler_threw_is_not_complete(Ordering ordering)
    {
        await using var host = await StartAsync(s => s with { Ordering = ordering });
        await host.PublishAsync(TestHandler.Topic, "fails");
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.WaitUntilHandledAsync(TestContext.Current.CancellationToken));
        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    /// <summary>librdkafka's max.poll.interval: who waits for a handler's next attempt must not hold up the other lanes.</summary>
    [Fact]
    public async Task A_pause_between_attempts_holds_up_its_lane_and_no_other()
    {
        await using var host = await TestHandler.StartAsync(Handler(s => s with { Retry = new RetrySettings { Delay = TimeSpan.FromHours(1), MaxDelay = TimeSpan.FromHours(1) } }), partitions: 2);
        var keys = Enumerable.Range(0, 50).Select(i => $"k{i}").ToList();
        await host.PublishAsync(TestHandler.Topic, "fails", keys[0]);
        foreach (var key in keys) await host.PublishAsync(TestHandler.Topic, key, key);
        var ends = host.Broker.Ends(TestHandler.Topic);
        await host.WaitUntilAsync(() => ends.Any(end => handled.Count == end), TestContext.Current.CancellationToken); // all of the other lane
        Assert.DoesNotContain(keys[0], handled);
    }

    /// <summary>MassTransit/MassTransit#3737, #4699: connected was green while nothing was consumed. StuckTests has more.</summary>
    [Fact]
    public async Task Masstransit_3737_a_lane_that_gets_nowhere_is_known_by_position_and_age()
    {
        await using var host = await StartAsync();
        Hold("m0");
        await host.PublishAsync(TestHandler.Topic, "m0");
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ OldestAge.TotalSeconds: > 60 }], TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Assert.Equal(new Position(0), host.Status.Handlers.Single().Lanes.Single().Oldest);
        held["m0"].SetResult();
    }

    /// <summary>awslabs/amazon-kinesis-client#10: records whose handler threw were skipped.</summary>
    [Fact]
    public async Task Kcl_10_a_message_whose_handler_threw_comes_again()
    {
        var broker = new InMemoryBroker { Partitions = 1 };
        await new InMemoryTransport(broker).PublishAsync(new OutgoingMessage { Topic = TestHandler.Topic, Body = "fails"u8.ToArray() }, TestContext.Current.CancellationToken);
        for (var start = 0; start < 2; start++)
        {
            var ended = new TaskCompletionSource();
            var scripted = TestHandler.Of((body, _, _) =>
            {
                handled.Enqueue(body);
                ended.TrySetResult();
                return start == 0 ? throw new InvalidOperationException("no") : default;
            });
            var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new() { ApplicationName = TestHandler.Group });
            builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
            HandlersBuilder.For(builder.Services).UseInMemory(broker).Add(scripted);
            using var host = builder.Build();
            await host.StartAsync(TestContext.Current.CancellationToken);
            await ended.Task.WaitAsync(TestContext.Current.CancellationToken);
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(["fails", "fails"], handled);
        Assert.Equal(new Position(0), broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    private static Message At(long position) => new() { Position = new Position(position) };

    private static ValueTask<ISubscription> JoinAsync(InMemoryTransport transport) => transport.SubscribeAsync(
        new SubscriptionRequest { Group = TestHandler.Group, Topics = [new(TestHandler.Topic, default, default)], RevokeBudget = TimeSpan.FromSeconds(10) }, TestContext.Current.CancellationToken);

    private Task<HandlersTestHost> StartAsync(Func<HandlerSettings, HandlerSettings>? settings = null) => TestHandler.StartAsync(Handler(settings));

    private HandlerRegistration Handler(Func<HandlerSettings, HandlerSettings>? settings = null) => TestHandler.Of(async (body, _, stop) =>
    {
        await Task.Yield();
        if (held.TryGetValue(body, out var hold)) await hold.Task.WaitAsync(stop);
        if (body == "fails") throw new InvalidOperationException("no");
        handled.Enqueue(body);
    }, settings: settings);

    private void Hold(string body) => held[body] = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
