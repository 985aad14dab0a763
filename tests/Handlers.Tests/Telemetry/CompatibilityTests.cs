using System.Diagnostics.Metrics;

namespace Handlers.Tests;

[Collection(TelemetryTests.Name)]
public sealed class CompatibilityTests : IDisposable
{
    private const string Time = "kafka_consumer_message_processing_time_seconds";
    private const string Total = "kafka_consumer_messages_processed_total";
    private const string Active = "kafka_consumer_active_messages";

    private readonly Heard heard = new(traces: false);

    public void Dispose() => heard.Dispose();

    [Fact]
    public async Task The_three_metrics_have_their_labels_and_buckets()
    {
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of((body, _, _) => body switch { "bad" => throw new InvalidMessageException("bad"), _ => default }), partitions: 1,
            configuration: [new("Handlers:CompatibilityMetrics", "true"), new("Handlers:CompatibilityClientName", "events")]);
        await host.PublishAsync(TestHandler.Topic, "good");
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        heard.Look();

        string[] labels = ["kafka_client_name=events kafka_success=true kafka_topic=things", "kafka_client_name=events kafka_success=false kafka_topic=things"];
        Assert.Equal(labels, heard.Of(Time).Select(m => m.Labels));
        Assert.Equal(labels, heard.Of(Total).Select(m => m.Labels));
        Assert.All(heard.Of(Total), m => Assert.Equal(1, m.Value));
        var active = heard.Of(Active).Single();
        Assert.Equal((0, "kafka_client_name=events kafka_topic=things"), (active.Value, active.Labels));
        Assert.Equal(
            [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 30],
            ((Histogram<double>)heard.Instruments[Time]).Advice!.HistogramBucketBoundaries!);
    }

    [Fact]
    public async Task A_message_is_active_while_its_handler_is_called()
    {
        var go = new TaskCompletionSource();
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => new(go.Task)), partitions: 2, configuration: [new("Handlers:CompatibilityMetrics", "true")]);
        for (var i = 0; i < 20; i++) await host.PublishAsync(TestHandler.Topic, "hangs", $"{i}");
        await host.WaitUntilAsync(
            () =>
            {
                heard.Look();
                return heard.Of(Active).SingleOrDefault() is { Value: 2, Labels: "kafka_client_name= kafka_topic=things" };
            }, TestContext.Current.CancellationToken);
        go.SetResult();
    }

    [Fact]
    public async Task Calls_again_count_again()
    {
        var calls = 0;
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of((_, _, _) => ++calls < 3 ? throw new InvalidOperationException("not yet") : default, settings: s => s with { Retry = new RetrySettings { Attempts = 3, Delay = TimeSpan.Zero } }),
            partitions: 1, configuration: [new("Handlers:CompatibilityMetrics", "true")]);
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal((1, 2), Totals());
    }

    [Fact]
    public async Task Each_message_of_a_list_counts_with_each_of_its_calls()
    {
        var calls = 0;
        await using var host = await TestHandler.StartAsync(
            TestHandler.ListOf(call => ++calls == 1 ? throw new InvalidOperationException("not yet") : default, s => s with { BatchSize = 3, Retry = new RetrySettings { Attempts = 2, Delay = TimeSpan.Zero } }),
            partitions: 1, configuration: [new("Handlers:CompatibilityMetrics", "true")]);
        for (var i = 0; i < 3; i++) await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal((3, 3), Totals());
    }

    [Fact]
    public async Task An_unmatched_message_is_no_call()
    {
        await using var host = await TestHandler.StartAsync(
            new HandlerRegistration<string>
            {
                Name = "Things.Made",
                Declared = new HandlerSettings { Topic = TestHandler.Topic },
                PayloadType = "string",
                Unpack = Payload.Text,
                MessageType = new MessageTypeMatch("made", TypeSource.Header, null, static type => type.SequenceEqual("made"u8) ? 0 : -1, 0),
                Dispatch = (string _, in HandlerCall _) => default,
            },
            partitions: 1, configuration: [new("Handlers:CompatibilityMetrics", "true")]);
        await host.PublishAsync(TestHandler.Topic, "a", headers: new Headers(Header.Of("type", "made")));
        await host.PublishAsync(TestHandler.Topic, "b", headers: new Headers(Header.Of("type", "other")));
        await host.PublishAsync(TestHandler.Topic, "c", headers: new Headers(Header.Of("type", "made")));
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal((2, 0), Totals());
        var counts = host.Status.Handlers.Single().Counts;
        Assert.Equal((2, 1, 1), (counts.Handled, counts.Skipped, counts.Unmatched));
    }

    /// <summary>The counter is what was skipped without what was unmatched: read one after the other, it would go back by one now and then.</summary>
    [Fact]
    public async Task The_counter_does_not_go_back_while_messages_are_counted()
    {
        var counts = new LaneCounts();
        var unmatched = Outcome.Unmatched().As(OutcomeKind.Skipped);
        var counting = Task.Run(() =>
        {
            for (var i = 0; i < 2_000_000; i++) counts.Count(unmatched);
        }, TestContext.Current.CancellationToken);
        while (!counting.IsCompleted) Assert.Equal(0, counts.Snapshot is var now ? now.Skipped - now.Unmatched : -1);
        await counting;
        counts.Count(Outcome.PassedOver);
        Assert.Equal((2_000_001, 2_000_000), (counts.Snapshot.Skipped, counts.Snapshot.Unmatched));
    }

    [Fact]
    public async Task They_are_not_there_unless_asked_for()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default));
        Assert.DoesNotContain(heard.Instruments.Keys, name => name.StartsWith("kafka", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Handlers:LatencyField", "endpoint_timestamp")]
    [InlineData("Handlers:LatencyHeader", "at")]
    [InlineData("Handlers:CompatibilityMetrics", null)]
    public async Task The_latency_of_a_handled_message_is_by_header_by_field_or_by_timestamp(string key, string? value)
    {
        var thrown = false;
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of((body, _, _) => body.Contains("fails", StringComparison.Ordinal) && !thrown && (thrown = true) ? throw new InvalidOperationException("no") : default, settings: s => s with { OnFailure = FailedHandler.Skip }),
            partitions: 1, configuration: [new(key, value ?? "true")]);
        var at = host.Clock.GetUtcNow().AddMilliseconds(-2500);
        await host.PublishAsync(new OutgoingMessage
        {
            Topic = TestHandler.Topic,
            Body = OutgoingMessage.Utf8(value == "endpoint_timestamp" ? $$"""{"nested":{"endpoint_timestamp":1},"endpoint_timestamp":{{at.ToUnixTimeMilliseconds()}}}""" : "no JSON {"),
            Headers = value == "at" ? new Headers(Header.Of("at", $"{at.ToUnixTimeMilliseconds()}")) : Headers.Empty,
            Timestamp = value is null ? at : null,
        });
        await host.PublishAsync(new OutgoingMessage { Topic = TestHandler.Topic, Body = OutgoingMessage.Utf8("fails"), Timestamp = at });
        await host.PublishAsync(new OutgoingMessage { Topic = TestHandler.Topic, Body = OutgoingMessage.Utf8("[1, {"), Headers = new Headers(Header.Of("at", "no number")), Timestamp = at });
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(value is null ? [2.5, 2.5] : [2.5], heard.Of("handlers.message.latency").Select(m => m.Value));
    }

    [Theory]
    [InlineData("1517363399650", 0.35)]
    [InlineData("1517363399650.5", 0.3495)] // as Python's time.time() * 1000 has it
    [InlineData("1.5173633996505e12", 0.3495)]
    [InlineData("1517363401000.25", 0.0)]
    [InlineData("\"1517363399650\"", null)]
    [InlineData("0.0", null)]
    [InlineData("-1.5", null)]
    [InlineData("null", null)]
    public void A_field_may_have_fractions_of_milliseconds(string value, double? expected)
    {
        var message = new Message { Body = Bytes.Of(OutgoingMessage.Utf8($$"""{"at":{{value}}}""")) };
        var seconds = new LatencySource(null, "at").Seconds(in message, DateTimeOffset.FromUnixTimeMilliseconds(1517363400000));
        Assert.Equal(expected is null, seconds is null);
        if (expected is { } age) Assert.Equal(age, seconds!.Value, 9);
    }

    [Fact]
    public async Task Latency_is_not_measured_unless_asked_for()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Single(heard.Of("messaging.process.duration"));
        Assert.Empty(heard.Of("handlers.message.latency"));
    }

    [Fact]
    public async Task Two_sources_of_latency_are_an_error_at_start()
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => TestHandler.StartAsync(
            TestHandler.Of((_, _, _) => default), configuration: [new("Handlers:LatencyHeader", "a"), new("Handlers:LatencyField", "b")]));
        Assert.Contains("one source", error.Message, StringComparison.Ordinal);
    }

    private (double Succeeded, double Failed) Totals()
    {
        heard.Look();
        return (heard.Of(Total).Single(m => m.Tags["kafka_success"] == "true").Value, heard.Of(Total).Single(m => m.Tags["kafka_success"] == "false").Value);
    }
}
