using System.Collections.Concurrent;
using System.Diagnostics;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka.Tests;

/// <summary>What can be seen of a Kafka subscription: spans, logs, the age of its poll. Alone: whoever listens to spans has every publisher of the process send their context.</summary>
[Collection(nameof(Alone))]
public sealed class ObservedTests
{
    private const int Limit = 60_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_span_of_a_call_has_the_conventions_names_and_a_malformed_context_breaks_nothing()
    {
        await using var broker = await Broker.StartAsync(stop: Stop);
        await broker.CreateTopicAsync("observed", 1);
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == HandlersTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "observed" });
        builder.Configuration["Handlers:TraceKeys"] = "true";
        HandlersBuilder.For(builder.Services).UseKafka(options =>
        {
            options.Servers = broker.Bootstrap;
            options.Start = StartFrom.Earliest;
            foreach (var (name, value) in TestSettings.ConsumerProtocol) options.ConsumerSettings[name] = value;
        }).Add(new HandlerRegistration<string>
        {
            Name = "Observed",
            Declared = new HandlerSettings { Topic = "observed" },
            PayloadType = "string",
            Unpack = Payload.Text,
            Dispatch = static (string _, in HandlerCall _) => default,
        });
        using var host = builder.Build();
        await host.StartAsync(Stop);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);
        await host.Services.GetRequiredService<IPublisher>().PublishAsync(
            new OutgoingMessage
            {
                Topic = "observed",
                Body = OutgoingMessage.Utf8("x"),
                Key = OutgoingMessage.Utf8("ann"),
                Timestamp = at,
                Headers = new Headers(Header.Of("traceparent", "00-broken"), new Header("traceparent", null)),
            }, Stop);
        while (!spans.Any(static s => s.OperationName == "process observed")) await Task.Delay(10, Stop);
        await host.StopAsync(Stop);
        var span = spans.Single(static s => s.OperationName == "process observed");
        Assert.Equal(
            ("observed", "0", 0L, "ann", at.ToUnixTimeMilliseconds(), "handled", "kafka"),
            (span.GetTagItem("messaging.destination.name"), span.GetTagItem("messaging.destination.partition.id"), span.GetTagItem("messaging.kafka.offset"), span.GetTagItem("messaging.kafka.message.key"),
                span.GetTagItem("handlers.timestamp"), span.GetTagItem("handlers.outcome"), span.GetTagItem("messaging.system")));
        // The publisher saw no valid context in the headers, and added that of its own span behind them.
        Assert.Equal(spans.Single(static s => s.OperationName == "send observed").SpanId, span.ParentSpanId);
        Assert.Contains(spans, static s => s.OperationName == "receive observed");
        Assert.Contains(spans, static s => s.OperationName == "commit");
    }

    [Fact(Timeout = Limit)]
    public async Task Assignment_commit_and_hand_over_are_logged_with_stable_ids_and_the_polls_age_tells_of_a_hand_over_that_hangs()
    {
        await using var broker = await Broker.StartAsync(stop: Stop);
        await broker.CreateTopicAsync("topic", 2);
        var log = new LogLines(LogLevel.Trace);
        await using var first = Transport(broker, log);
        await using var second = Transport(broker, log);
        await first.Publisher.PublishAsync([.. Enumerable.Range(0, 20).Select(i => new OutgoingMessage { Topic = "topic", Key = OutgoingMessage.Utf8($"{i}"), Body = OutgoingMessage.Utf8("x") })], Stop);
        await using var owner = await first.SubscribeAsync(Request(), Stop);
        Assert.Null(owner.State.PollAge);
        var lanes = new List<ILane>();
        await foreach (var lane in owner.LanesAsync(Stop))
        {
            lanes.Add(lane);
            if (lanes.Count == 2) break;
        }

        Assert.Equal(2, log.Texts(3001).Count);
        var batch = new MessageBatch(1, 1000);
        Assert.True(await lanes[0].ReadAsync(batch, Stop));
        lanes[0].Store(batch[0].Position);
        batch.Clear();
        await owner.FlushAsync(Stop);
        Assert.Contains($"Group 'group': lane {lanes[0].Id} is committed at offset 1", log.Texts(3013));

        await using var member = await second.SubscribeAsync(Request(), Stop);
        await using var taking = member.LanesAsync(Stop).GetAsyncEnumerator(Stop);
        var taken = taking.MoveNextAsync();
        var asked = await Task.WhenAny(lanes.Select(static l => l.Revoked)).WaitAsync(Stop);
        var revoked = lanes.Single(l => l.Revoked == asked);
        while (owner.State.PollAge < TimeSpan.FromMilliseconds(500)) await Task.Delay(10, Stop); // the group waits for the lane, and so does the poll
        Assert.Contains(log.Texts(3002), t => t.StartsWith($"Group 'group': lane {revoked.Id} is revoked for another member", StringComparison.Ordinal));
        await revoked.ReleaseAsync(LaneEnd.Revoked);
        while (owner.State.PollAge > TimeSpan.FromMilliseconds(400)) await Task.Delay(10, Stop);
        Assert.True(await taken);
        await owner.DisposeAsync();
        Assert.Null(owner.State.PollAge);
    }

    private static KafkaTransport Transport(Broker broker, LogLines log)
    {
        var options = new KafkaOptions { Servers = broker.Bootstrap };
        foreach (var (name, value) in TestSettings.ConsumerProtocol) options.ConsumerSettings[name] = value;
        return new KafkaTransport(options, TimeProvider.System, log);
    }

    private static SubscriptionRequest Request() => new()
    {
        Group = "group",
        Topics = [new SubscribedTopic("topic", StartPosition.Earliest, MessageParts.None)],
        RevokeBudget = TimeSpan.FromSeconds(20),
    };
}
