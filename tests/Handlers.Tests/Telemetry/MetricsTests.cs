using System.Diagnostics;
using System.Diagnostics.Metrics;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Tests;

[Collection(TelemetryTests.Name)]
public sealed class MetricsTests : IDisposable
{
    private const string Lane = "messaging.consumer.group.name=test messaging.destination.name=things messaging.destination.partition.id=0";

    private readonly Heard heard = new(traces: false);

    public void Dispose() => heard.Dispose();

    [Fact]
    public async Task Calls_reads_and_commits_have_the_names_and_labels_of_the_conventions()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default), partitions: 1);
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.PublishAsync(TestHandler.Topic, "b");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);

        var calls = heard.Of("messaging.process.duration").ToList();
        Assert.Equal(2, calls.Count);
        Assert.Equal("handlers.handler=Things.OnThing messaging.consumer.group.name=test messaging.destination.name=things messaging.operation.name=process messaging.system=handlers_memory", calls[0].Labels);
        Assert.Equal(2, heard.Of("messaging.client.consumed.messages").Sum(m => m.Value));
        Assert.Equal($"{Lane} messaging.operation.name=receive messaging.system=handlers_memory", heard.Of("messaging.client.consumed.messages").First().Labels);
        Assert.Equal(
            [
                $"{Lane} messaging.operation.name=receive messaging.operation.type=receive messaging.system=handlers_memory",
                "messaging.consumer.group.name=test messaging.operation.name=commit messaging.operation.type=settle messaging.system=handlers_memory",
            ],
            heard.Of("messaging.client.operation.duration").Select(m => m.Labels).Distinct().Order(StringComparer.Ordinal));
        Assert.All(heard.Of("handlers.commits"), m => Assert.Equal("messaging.consumer.group.name=test messaging.system=handlers_memory", m.Labels));
        Assert.Equal(heard.Of("handlers.commits").Count(), heard.Of("handlers.commit.duration").Count());
        Assert.NotEmpty(heard.Of("handlers.commits"));
        Assert.Empty(heard.Of("handlers.commit.failures"));
    }

    [Fact]
    public async Task A_failed_call_says_its_error_type_each_time_it_is_called()
    {
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of((_, _, _) => throw new InvalidOperationException("no"), settings: s => s with { Retry = new RetrySettings { Attempts = 3, Delay = TimeSpan.Zero }, DeadLetter = "dead" }), partitions: 1);
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        heard.Look();

        Assert.Equal(Enumerable.Repeat("System.InvalidOperationException", 3), heard.Of("messaging.process.duration").Select(m => m.Tags["error.type"]));
        var sent = heard.Of("messaging.client.sent.messages").Single();
        Assert.Equal((1, "messaging.destination.name=dead messaging.operation.name=send messaging.system=handlers_memory"), (sent.Value, sent.Labels));
        Assert.Equal(
            ["dead_lettered 1", "deferred 0", "failed 1", "handled 0", "invalid 0", "late 0", "skipped 0"],
            heard.Measurements.Where(m => m.Name.StartsWith("handlers.messages.", StringComparison.Ordinal)).Select(m => $"{m.Name["handlers.messages.".Length..]} {m.Value}").Order());
        var retries = heard.Of("handlers.retries").Single();
        Assert.Equal((2, "handlers.handler=Things.OnThing messaging.consumer.group.name=test messaging.destination.name=things messaging.system=handlers_memory"), (retries.Value, retries.Labels));
    }

    [Fact]
    public async Task A_failed_send_is_counted_with_its_error_type()
    {
        var hooks = new Hooked();
        var failed = false;
        hooks.Publishing = (message, _) => message.Topic == "dead" && !failed && (failed = true) ? throw new TransportException("away") { IsTransient = true } : default;
        await using var host = await TestHandler.StartAsync(hooks, 1, TestHandler.Of((_, _, _) => throw new InvalidOperationException("no"), settings: s => s with { DeadLetter = "dead" }));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["Handlers.TransportException", null], heard.Of("messaging.client.sent.messages").Select(m => m.Tags.GetValueOrDefault("error.type")));
    }

    [Fact]
    public async Task A_failed_commit_is_counted_for_each_attempt()
    {
        var hooks = new Hooked();
        var left = 2;
        hooks.Flushing = _ => left-- > 0 ? throw new TransportException("away") { IsTransient = true } : default;
        await using var host = await TestHandler.StartAsync(hooks, 1, TestHandler.Of((_, _, _) => default));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, heard.Of("handlers.commit.failures").Count());
        Assert.All(heard.Of("handlers.commit.failures"), m => Assert.Equal("Handlers.TransportException", m.Tags["error.type"]));
        Assert.True(heard.Of("handlers.commit.duration").First().Value >= 0.3); // pauses of 0.1 and 0.2 s among them
    }

    [Fact]
    public async Task A_listener_that_comes_later_hears_of_the_next_batch()
    {
        heard.Dispose();
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default), partitions: 1);
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        using var late = new Heard();
        await host.PublishAsync(TestHandler.Topic, "b");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Empty(heard.Measurements);
        Assert.Single(late.Of("messaging.process.duration"));
        Assert.Equal("1", late.SpansOf("process things").Single().GetTagItem("handlers.position"));
    }

    [Fact]
    public async Task A_call_that_a_stop_cuts_short_counts_for_nothing_and_is_not_in_flight_any_more()
    {
        var begun = new TaskCompletionSource();
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of(async (_, _, stop) =>
            {
                begun.SetResult();
                await Task.Delay(Timeout.Infinite, stop);
            }), partitions: 1);
        using var traces = new Heard(metrics: false);
        await host.PublishAsync(TestHandler.Topic, "a");
        await begun.Task;
        await host.DisposeAsync();
        Assert.Empty(heard.Of("messaging.process.duration"));
        var span = traces.SpansOf("process things").Single();
        Assert.Equal(("cut short", ActivityStatusCode.Unset), (span.GetTagItem("handlers.outcome"), span.Status));
    }

    [Fact]
    public async Task Messages_of_several_topics_are_one_send_and_counted_by_topic()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default), partitions: 1);
        using var traces = new Heard(metrics: false);
        await host.Services.GetPublisher().PublishAsync(
            [new OutgoingMessage { Topic = "a" }, new OutgoingMessage { Topic = "b" }, new OutgoingMessage { Topic = "a" }], TestContext.Current.CancellationToken);
        Assert.Equal([("a", 2d), ("b", 1d)], heard.Of("messaging.client.sent.messages").Select(m => (m.Tags["messaging.destination.name"]!, m.Value)));
        Assert.Equal(3, traces.SpansOf("send").Single().GetTagItem("messaging.batch.message_count"));
        Assert.Equal(["messaging.operation.name=send messaging.operation.type=send messaging.system=handlers_memory"], heard.Of("messaging.client.operation.duration").Where(m => m.Tags["messaging.operation.name"] == "send").Select(m => m.Labels));
    }

    [Fact]
    public async Task Gauges_show_the_lanes_of_now()
    {
        var go = new TaskCompletionSource();
        await using var host = await TestHandler.StartAsync(TestHandler.Of((body, _, _) => body == "hangs" ? new(go.Task) : default), partitions: 1);
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        await host.PublishAsync(TestHandler.Topic, "hangs");
        await host.PublishAsync(TestHandler.Topic, "behind");
        await host.AdvanceUntilAsync(
            () =>
            {
                heard.Look();
                return heard.Of("handlers.lane.in_flight").Single().Value == 1 && heard.Of("handlers.lane.oldest.age").Single().Value >= 2 && heard.Of("handlers.lane.watermark.age").Single().Value >= 2
                    && heard.Of("handlers.lane.watermark").Any();
            }, stop: TestContext.Current.CancellationToken);
        Assert.Equal($"{Lane} messaging.system=handlers_memory", heard.Of("handlers.lane.in_flight").Single().Labels);
        Assert.Equal(0, heard.Of("handlers.lane.watermark").Single().Value);
        Assert.Equal(1, heard.Of("handlers.lanes").Single().Value);
        Assert.InRange(heard.Of("handlers.lane.uncommitted").Single().Value + heard.Of("handlers.lane.lag").Single().Value, 2, 2);

        go.SetResult();
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        heard.Look();
        Assert.Equal((0, 0, 2), (heard.Of("handlers.lane.in_flight").Single().Value, heard.Of("handlers.lane.uncommitted").Single().Value, heard.Of("handlers.lane.watermark").Single().Value));
        await host.StopAsync(TestContext.Current.CancellationToken);
        heard.Look();
        Assert.Empty(heard.Of("handlers.lane.in_flight"));
        Assert.Equal(0, heard.Of("handlers.lanes").Single().Value);
    }

    [Theory]
    [InlineData(Ordering.Lane, 1)]
    [InlineData(Ordering.Key, 3)]
    [InlineData(Ordering.None, 3)]
    public async Task In_flight_is_right_though_nobody_listened_when_calls_began(Ordering ordering, int most)
    {
        heard.Dispose();
        var go = new TaskCompletionSource();
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => new(go.Task), settings: s => s with { Ordering = ordering, Concurrency = 3 }), partitions: 1);
        for (var i = 0; i < 5; i++) await host.PublishAsync(TestHandler.Topic, "hangs", $"{i}");
        using var late = new Heard(traces: false);
        await host.WaitUntilAsync(() => InFlight() == most, TestContext.Current.CancellationToken);
        go.SetResult();
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        await host.WaitUntilAsync(() => InFlight() == 0, TestContext.Current.CancellationToken);

        double? InFlight()
        {
            late.Look();
            return late.Of("handlers.lane.in_flight").SingleOrDefault()?.Value;
        }
    }

    [Fact]
    public async Task Each_message_of_a_list_is_in_flight()
    {
        var go = new TaskCompletionSource();
        await using var host = await TestHandler.StartAsync(TestHandler.ListOf(_ => new(go.Task), s => s with { BatchSize = 3 }), partitions: 1);
        for (var i = 0; i < 5; i++) await host.PublishAsync(TestHandler.Topic, "hangs");
        await host.WaitUntilAsync(
            () =>
            {
                heard.Look();
                return heard.Of("handlers.lane.in_flight").SingleOrDefault()?.Value == 3;
            }, TestContext.Current.CancellationToken);
        go.SetResult();
    }

    [Fact]
    public async Task A_factory_of_meters_is_used_where_there_is_one()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default), services: static s => s.AddMetrics());
        Assert.Same(host.Services.GetRequiredService<IMeterFactory>(), heard.Instruments["handlers.lanes"].Meter.Scope);
    }
}
