using System.Collections.Concurrent;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Tests;

/// <summary>Handlers that read every topic that a pattern matches.</summary>
public sealed class PatternTests
{
    private const string Pattern = @"^orders\..*";

    private readonly ConcurrentQueue<string> handled = new();

    [Fact]
    public async Task A_handler_gets_the_messages_of_every_topic_that_its_pattern_matches()
    {
        await using var host = await TestHandler.StartAsync(Handler());
        await host.PublishAsync("orders.eu", "1");
        await host.PublishAsync("orders.us", "2");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["orders.eu 1", "orders.us 2"], handled.Order());
        Assert.Equal(2, host.Status.Handlers.Single().Lanes.Select(l => l.Id.Topic).Distinct().Count());
        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await host.PublishAsync("order", "3"));
        Assert.Contains("No handler of this host reads topic 'order'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_names_a_topic_goes_before_one_of_the_group_whose_pattern_matches_it()
    {
        await using var host = await StartAsync(Handler(), Handler("Things.OnOne", @"orders.eu"));
        await host.PublishAsync("orders.eu", "1");
        await host.PublishAsync("orders.us", "2");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal([("Things.OnOne", "orders.eu"), (TestHandler.Name, "orders.us")], host.Outcomes.Select(o => (o.Handler, o.Lane.Topic)).Order());
    }

    [Fact]
    public async Task A_topic_that_two_patterns_of_a_group_match_is_an_error()
    {
        await using var host = await StartAsync(Handler(), Handler("Things.OnEu", @"^.*\.eu"));
        await host.PublishAsync("orders.us", "1");
        await host.PublishAsync("things.eu", "2");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<TransportException>(async () => await host.PublishAsync("orders.eu", "3"));
        Assert.Equal(@"Topic 'orders.eu' is matched by several patterns of one group: '^orders\..*' and '^.*\.eu'. Narrow one of them, or give its handler a Group of its own.", error.Message);
    }

    [Fact]
    public async Task A_dead_letter_says_which_topic_it_came_from()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of(
            (_, _, _) => throw new InvalidOperationException("no"),
            settings: s => s with { Topic = Pattern, DeadLetter = "dead.orders" }));
        await host.PublishAsync("orders.eu", "1");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal("orders.eu", host.Broker.Messages("dead.orders").Single().Headers.Text(DeadLetterHeaders.Topic));
    }

    [Fact]
    public async Task A_lane_is_steered_by_its_topic_and_partition()
    {
        await using var host = await TestHandler.StartAsync(Handler());
        var control = host.Services.GetRequiredService<HandlersControl>();
        control.Pause(TestHandler.Name, "orders.eu/0");
        await host.PublishAsync("orders.eu", "1");
        await host.PublishAsync("orders.us", "2");
        await host.WaitUntilAsync(() => host.Outcomes.Count == 1 && host.Status.Handlers.Single().Lanes.Count == 2, TestContext.Current.CancellationToken);
        Assert.Equal([("orders.eu", PauseReasons.Asked), ("orders.us", PauseReasons.None)], host.Status.Handlers.Single().Lanes.Select(l => (l.Id.Topic, l.Paused)).Order());
        control.Resume(TestHandler.Name, "orders.eu/0");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        await control.RewindAsync(TestHandler.Name, StartPosition.Earliest, "orders.us/0", TestContext.Current.CancellationToken);
        await host.WaitUntilAsync(() => handled.Count == 3, TestContext.Current.CancellationToken);
        Assert.Equal(["orders.us 2", "orders.eu 1", "orders.us 2"], handled);
    }

    [Fact]
    public async Task A_map_of_topics_may_make_a_name_of_a_pattern_and_a_pattern_of_a_name()
    {
        await using var host = await HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).Add(Handler()).Add(Handler("Things.OnName", "things")),
            [new($"Handlers:Topics:{Pattern}", "orders"), new("Handlers:Topics:things", "^prod-things.*")], stop: TestContext.Current.CancellationToken);
        await host.PublishAsync("orders", "1");
        await host.PublishAsync("prod-things-eu", "2");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["orders 1", "prod-things-eu 2"], handled.Order());
    }

    [Fact]
    public async Task A_transport_that_takes_names_alone_says_so_at_the_start()
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).Add(Handler()), transport: t => new Names(t), stop: TestContext.Current.CancellationToken));
        Assert.Equal(
            @"Handler 'Things.OnThing' reads the topics that '^orders\..*' matches, and transport 'default' (handlers_memory) takes names alone. " +
            "Name one topic in [StreamHandler(\"...\")] or in Handlers:Things.OnThing:Topic, or use a transport that takes patterns, such as Kafka.", error.Message);
    }

    [Theory]
    [InlineData("^orders(", "orders.dead", "", "which is no regular expression (Invalid pattern '^orders(' at offset 8. Not enough )'s).")]
    [InlineData(Pattern, "orders.dead", "", @"dead-letters to 'orders.dead', which it reads itself by the pattern '^orders\..*'.")]
    [InlineData(Pattern, "dead", "5s", "has retry topics and reads a pattern of topics")]
    public async Task A_pattern_that_cannot_work_is_an_error_at_the_start(string pattern, string deadLetter, string retryTopics, string expected)
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => TestHandler.StartAsync(
            TestHandler.Of((_, _, _) => default, settings: s => s with { DeadLetter = "x", Ordering = Ordering.None }),
            configuration:
            [
                new("Handlers:Things.OnThing:Topic", pattern), new("Handlers:Things.OnThing:DeadLetter", deadLetter),
                new("Handlers:Things.OnThing:RetryTopics", retryTopics.Length > 0 ? retryTopics : "None"),
            ]));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("^orders", "orders", true)]
    [InlineData("^orders", "orders.eu", false)]
    [InlineData("^a|b", "b", true)]
    [InlineData("^a|b", "ab", false)]
    [InlineData(@"^orders\.(?!dead$).*", "orders.dead", false)]
    [InlineData(@"^orders\.(?!dead$).*", "orders.deadly", true)]
    [InlineData("^.*", "__consumer_offsets", false)]
    [InlineData("^__.*", "__consumer_offsets", true)]
    [InlineData("^Orders", "orders", false)]
    public void A_pattern_matches_whole_names(string pattern, string topic, bool matches) => Assert.Equal(matches, new TopicPattern(pattern).Matches(topic));

    private HandlerRegistration Handler(string name = TestHandler.Name, string topic = Pattern) => TestHandler.Of(
        (body, context, _) =>
        {
            handled.Enqueue($"{context.Lane.Topic} {body}");
            return default;
        },
        name, s => s with { Topic = topic });

    private static Task<HandlersTestHost> StartAsync(params HandlerRegistration[] handlers) => HandlersTestHost.StartAsync(
        s =>
        {
            foreach (var handler in handlers) HandlersBuilder.For(s).Add(handler);
        }, partitions: 1, stop: TestContext.Current.CancellationToken);

    /// <summary>The broker in memory, as if it knew no patterns.</summary>
    private sealed class Names(ITransport transport) : ITransport
    {
        public string System => transport.System;

        public IPublisher Publisher => transport.Publisher;

        public ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop) => transport.SubscribeAsync(request, stop);

        public ValueTask DisposeAsync() => transport.DisposeAsync();
    }
}
