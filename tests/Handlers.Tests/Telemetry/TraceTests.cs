using System.Diagnostics;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Tests;

[Collection(TelemetryTests.Name)]
public sealed class TraceTests : IDisposable
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Span = "b7ad6b7169203331";
    private const string Parent = $"00-{Trace}-{Span}-01";

    private readonly Heard heard = new(metrics: false);

    public void Dispose() => heard.Dispose();

    [Fact]
    public async Task A_call_is_a_span_whose_parent_is_in_the_messages_headers()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default), partitions: 1);
        var published = host.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        await host.PublishAsync(TestHandler.Topic, "a", headers: new Headers(Header.Of("traceparent", Parent), Header.Of("tracestate", "vendor=1")));
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);

        var span = heard.SpansOf("process things").Single();
        Assert.Equal((Trace, Span, "vendor=1", ActivityKind.Consumer), (span.TraceId.ToString(), span.ParentSpanId.ToString(), span.TraceStateString, span.Kind));
        Assert.True(span.HasRemoteParent);
        Assert.Equal(
            [
                "handlers.handler=Things.OnThing", "handlers.outcome=handled", "handlers.position=0", $"handlers.timestamp={published}", "messaging.consumer.group.name=test", "messaging.destination.name=things",
                "messaging.destination.partition.id=0", "messaging.operation.name=process", "messaging.operation.type=process", "messaging.system=handlers_memory",
            ],
            Tags(span));
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        var receive = heard.SpansOf("receive things").First();
        Assert.Equal((ActivityKind.Client, default, 1), (receive.Kind, receive.ParentSpanId, receive.GetTagItem("messaging.batch.message_count")));
        var commit = heard.SpansOf("commit").First();
        Assert.Equal((ActivityKind.Client, "settle", default), (commit.Kind, commit.GetTagItem("messaging.operation.type"), commit.ParentSpanId));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no context")]
    [InlineData($"00-{Trace}-{Span}")]
    [InlineData($"ff-{Trace}-{Span}-01")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData($"00-{Trace}-{Span}-01-more")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319ö-b7ad6b7169203331-01")]
    public async Task A_malformed_context_breaks_nothing_and_the_first_valid_one_counts(string malformed)
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default), partitions: 1);
        var bad = new[] { Header.Of("traceparent", malformed), new Header("traceparent", null), new Header("traceparent", new byte[] { 0, 255 }), new Header("tracestate", new byte[] { 255 }) };
        await host.PublishAsync(TestHandler.Topic, "a", headers: new Headers(bad));
        await host.PublishAsync(TestHandler.Topic, "b", headers: new Headers([.. bad, Header.Of("traceparent", Parent), Header.Of("traceparent", $"00-{Span}{Span}-{Span}-01")]));
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        var spans = heard.SpansOf("process things").ToList();
        Assert.Equal(["0000000000000000", Span], spans.Select(s => s.ParentSpanId.ToString()));
        Assert.Null(spans[1].TraceStateString);
    }

    [Fact]
    public async Task What_was_current_where_the_host_was_started_is_no_parent()
    {
        using var current = new Activity("start").Start();
        await using var host = await TestHandler.StartAsync(TestHandler.Of(async (_, _, _) => await Task.Yield(), settings: s => s with { Ordering = Ordering.Key, Concurrency = 2 }), partitions: 1);
        for (var i = 0; i < 20; i++) await host.PublishAsync(TestHandler.Topic, "a", $"{i % 3}");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(20, heard.SpansOf("process things").Count());
        Assert.All(heard.Spans, s => Assert.Equal((default, false), (s.ParentSpanId, s.TraceId == current.TraceId)));
        Assert.Same(current, Activity.Current);
    }

    /// <summary>A lane took spans for each batch as if the batches before it had been called.</summary>
    [Fact]
    public async Task Messages_that_wait_behind_others_have_spans_too()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of(async (_, _, stop) => await gate.Task.WaitAsync(stop), settings: s => s with { Ordering = Ordering.Key, Concurrency = 2 }), partitions: 1);
        for (var i = 1; i <= 20; i++)
        {
            await host.PublishAsync(TestHandler.Topic, "a", "one"); // a batch of its own
            await Waiting.UntilAsync(() => host.Status.Handlers[0].Lanes is [{ Uncommitted: var received }] && received == i);
        }

        gate.SetResult();
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(20, heard.SpansOf("process things").Count());
    }

    [Fact]
    public async Task Calls_without_a_parent_are_limited_and_those_with_one_never()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default), partitions: 1, configuration: [new("Handlers:SpansPerSecond", "5")]);
        using var metrics = new Heard(traces: false);
        for (var i = 0; i < 30; i++) await host.PublishAsync(TestHandler.Topic, "a", headers: i % 3 == 0 ? new Headers(Header.Of("traceparent", Parent)) : Headers.Empty);
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(10, Spans(withParent: true));
        Assert.InRange(Spans(withParent: false), 1, 5);
        Assert.InRange(heard.SpansOf("receive things").Count(), 1, 5);
        Assert.Equal(30, metrics.Of("messaging.process.duration").Count());

        var before = Spans(withParent: false);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(before + 1, Spans(withParent: false));

        int Spans(bool withParent) => heard.SpansOf("process things").Count(s => s.HasRemoteParent == withParent);
    }

    [Fact]
    public async Task There_may_be_no_limit()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default), partitions: 1, configuration: [new("Handlers:SpansPerSecond", "0")]);
        for (var i = 0; i < 1100; i++) await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1100, heard.SpansOf("process things").Count());
    }

    [Fact]
    public async Task What_a_call_without_a_span_sends_does_not_come_of_what_was_current_where_the_host_was_started()
    {
        using var current = new Activity("start").Start();
        HandlersTestHost host = null!;
        await using var started = host = await TestHandler.StartAsync(
            TestHandler.Of(async (_, _, stop) => await host.Services.GetPublisher().PublishAsync(new OutgoingMessage { Topic = "out" }, stop)), partitions: 1, configuration: [new("Handlers:SpansPerSecond", "1")]);
        for (var i = 0; i < 5; i++) await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Single(heard.SpansOf("process things"));
        var traces = host.Broker.Messages("out").Select(static m => m.Headers.Text("traceparent")!.Split('-')[1]).ToList();
        Assert.Equal(5, traces.Distinct().Count());
        Assert.DoesNotContain(current.TraceId.ToString(), traces);
    }

    [Fact]
    public async Task Each_call_of_a_retry_is_a_span_with_its_error()
    {
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of((_, _, _) => throw new InvalidOperationException("not now"), settings: s => s with { Retry = new RetrySettings { Attempts = 2, Delay = TimeSpan.Zero }, OnFailure = FailedHandler.Skip }), partitions: 1);
        await host.PublishAsync(TestHandler.Topic, "a", headers: new Headers(Header.Of("traceparent", Parent)));
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        var spans = heard.SpansOf("process things").ToList();
        Assert.Equal(2, spans.Count);
        Assert.All(spans, s => Assert.Equal(
            (Trace, "failed", "System.InvalidOperationException", ActivityStatusCode.Error, "not now"),
            (s.TraceId.ToString(), s.GetTagItem("handlers.outcome"), s.GetTagItem("error.type"), s.Status, s.StatusDescription)));
    }

    [Fact]
    public async Task A_list_links_to_what_each_of_its_messages_came_from()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.ListOf(_ => default, s => s with { BatchSize = 3 }), partitions: 1);
        await host.PublishAsync(TestHandler.Topic, "a", headers: new Headers(Header.Of("traceparent", Parent)));
        await host.PublishAsync(TestHandler.Topic, "b");
        await host.PublishAsync(TestHandler.Topic, "c", headers: new Headers(Header.Of("traceparent", $"00-{Trace}-00f067aa0ba902b7-01")));
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        var span = heard.SpansOf("process things").Single();
        Assert.Equal([Span, "00f067aa0ba902b7"], span.Links.Select(l => l.Context.SpanId.ToString()));
        Assert.Equal((3, default, "handled"), (span.GetTagItem("messaging.batch.message_count"), span.ParentSpanId, span.GetTagItem("handlers.outcome")));
    }

    [Fact]
    public async Task What_is_published_carries_the_context_of_its_send_in_the_trace_of_the_call()
    {
        HandlersTestHost host = null!;
        await using var started = host = await TestHandler.StartAsync(
            TestHandler.Of(async (_, _, stop) => await host.Services.GetPublisher().PublishAsync(new OutgoingMessage { Topic = "out" }, stop)), partitions: 1);
        await host.PublishAsync(TestHandler.Topic, "a", headers: new Headers(Header.Of("traceparent", Parent), Header.Of("tracestate", "vendor=1")));
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        var (process, send) = (heard.SpansOf("process things").Single(), heard.SpansOf("send out").Single());
        Assert.Equal((ActivityKind.Producer, process.SpanId, Trace), (send.Kind, send.ParentSpanId, send.TraceId.ToString()));
        Assert.Equal(["messaging.destination.name=out", "messaging.operation.name=send", "messaging.operation.type=send", "messaging.system=handlers_memory"], Tags(send));
        var headers = host.Broker.Messages("out").Single().Headers;
        Assert.Equal((send.Id, "vendor=1"), (headers.Text("traceparent"), headers.Text("tracestate")));
    }

    /// <summary>A state belongs to its parent: without a valid one it is of nobody's trace, as the specification has it.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("no context")]
    public async Task A_state_without_a_valid_parent_does_not_come_into_our_trace(string? parent)
    {
        HandlersTestHost host = null!;
        var own = new Headers([.. parent is null ? (Header[])[] : [Header.Of("TraceParent", parent)], Header.Of("a", "1"), Header.Of("TraceState", "foreign=1"), Header.Of("tracestate", "foreign=2")]);
        await using var started = host = await TestHandler.StartAsync(
            TestHandler.Of(async (_, _, stop) => await host.Services.GetPublisher().PublishAsync(new OutgoingMessage { Topic = "out", Headers = own }, stop)), partitions: 1);
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.PublishAsync(TestHandler.Topic, "b", headers: new Headers(Header.Of("traceparent", Parent), Header.Of("tracestate", "vendor=1")));
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        var sends = heard.SpansOf("send out").Select(static s => s.Id).ToList();
        var sent = host.Broker.Messages("out").Select(static m => m.Headers).ToList();
        Assert.Equal([$"a=1 traceparent={sends[0]}", $"a=1 traceparent={sends[1]} tracestate=vendor=1"], sent.Select(static headers => string.Join(" ", headers.Select(h => $"{h.Name}={headers.Text(h.Name)}"))));
    }

    [Fact]
    public async Task A_message_that_has_a_context_keeps_it_and_so_does_its_dead_letter()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => throw new InvalidOperationException("no"), settings: s => s with { DeadLetter = "dead" }), partitions: 1);
        await host.PublishAsync(TestHandler.Topic, "a", headers: new Headers(Header.Of("traceparent", Parent)));
        await host.PublishAsync(TestHandler.Topic, "b");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        var letters = host.Broker.Messages("dead").Select(m => m.Headers.Text("traceparent")).ToList();
        Assert.Equal(Parent, letters[0]);
        Assert.Contains(letters[1], heard.SpansOf("send dead").Select(s => s.Id));
    }

    [Fact]
    public async Task Headers_and_timestamps_are_asked_for_only_where_somebody_listens_at_start()
    {
        Assert.Equal(MessageParts.Headers | MessageParts.Timestamp, await ReadsAsync());
        heard.Dispose();
        Assert.Equal(MessageParts.None, await ReadsAsync());
    }

    [Fact]
    public async Task Where_nobody_listens_to_us_the_current_context_is_carried_all_the_same()
    {
        heard.Dispose();
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default), partitions: 1);
        await host.Services.GetPublisher().PublishAsync(new OutgoingMessage { Topic = "out" }, TestContext.Current.CancellationToken);
        using var request = new Activity("request").Start();
        await host.Services.GetPublisher().PublishAsync([new OutgoingMessage { Topic = "out" }], TestContext.Current.CancellationToken);
        Assert.Equal([null, request.Id], host.Broker.Messages("out").Select(m => m.Headers.Text("traceparent")));
    }

    private static async Task<MessageParts> ReadsAsync()
    {
        var transport = new ScriptedTransport();
        var plain = new HandlerRegistration<string>
        {
            Name = "T.On",
            Declared = new HandlerSettings { Topic = TestHandler.Topic },
            PayloadType = "string",
            Unpack = Payload.Text,
            Dispatch = (string _, in HandlerCall _) => default,
        };
        using var host = await transport.StartAsync(plain);
        await host.StopAsync(TestContext.Current.CancellationToken);
        return transport.Requested!.Topics.Single().Reads;
    }

    private static IEnumerable<string> Tags(Activity span) => span.TagObjects.Select(t => $"{t.Key}={t.Value}").Order(StringComparer.Ordinal);
}
