using System.Collections.Concurrent;
using Handlers.Testing;

namespace Handlers.Tests;

public sealed class TypedTests
{
    private readonly ConcurrentQueue<string> handled = new();

    [Theory]
    [InlineData(TypeSource.Header, null, "type")]
    [InlineData(TypeSource.Header, "kind", "kind")]
    [InlineData(TypeSource.CloudEvents, null, "ce_type")]
    public async Task A_header_says_which_handler_takes_a_message(TypeSource source, string? name, string header)
    {
        await using var host = await StartAsync(source, name);
        await host.PublishAsync(TestHandler.Topic, "1", headers: new Headers(Header.Of(header, "made")));
        await host.PublishAsync(TestHandler.Topic, "2", headers: new Headers(Header.Of(header, "paid")));
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["made:1", "paid:2"], handled);
        Assert.Equal([1L, 1L], host.Status.Handlers.Select(h => h.Counts.Handled));
        Assert.Equal([1L, 1L], host.Status.Handlers.Select(h => h.Counts.Received));
    }

    [Theory]
    [InlineData(TypeSource.Json, null, """{"x":{"$type":"paid"},"$type":"made"}""")]
    [InlineData(TypeSource.Json, "kind", """{"kind":"m\u0061de"}""")]
    public async Task The_body_says_it_by_its_outermost_member(TypeSource source, string? name, string body)
    {
        await using var host = await StartAsync(source, name);
        await host.PublishAsync(TestHandler.Topic, body);
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal([$"made:{body}"], handled);
    }

    [Theory]
    [InlineData("""{"specversion":"1.0","id":"1","type":"made","data": {"a": [1]} }""", """{"a": [1]}""")]
    [InlineData("""{"data":"text","type":"made"}""", "\"text\"")]
    [InlineData("""{"type":"made","data_base64":"aGVsbG8="}""", "hello")]
    public async Task The_payload_of_a_structured_cloud_event_is_its_data(string body, string expected)
    {
        await using var host = await StartAsync(TypeSource.CloudEvents, null, s => s with { DeadLetter = "things.dead" });
        await host.PublishAsync(TestHandler.Topic, body);
        await host.PublishAsync(TestHandler.Topic, """{"type":"made"}"""); // no data: a tombstone, which the handler does not take
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal([$"made:{expected}"], handled);
        Assert.Equal("""{"type":"made"}""", System.Text.Encoding.UTF8.GetString(host.Broker.Messages("things.dead").Single().Body!.Value.Span)); // as it came
    }

    [Theory]
    [InlineData(UnmatchedType.Skip, OutcomeKind.Skipped)]
    [InlineData(UnmatchedType.DeadLetter, OutcomeKind.DeadLettered)]
    public async Task A_type_that_no_handler_takes_follows_the_policy(UnmatchedType policy, OutcomeKind expected)
    {
        await using var host = await StartAsync(TypeSource.Header, null, s => s with { OnUnmatched = policy, DeadLetter = "things.dead" });
        await host.PublishAsync(TestHandler.Topic, "1", headers: new Headers(Header.Of("type", "sold")));
        await host.PublishAsync(TestHandler.Topic, "2");
        await host.PublishAsync(TestHandler.Topic, "3", headers: new Headers(Header.Of("type", "paid")));
        await host.AdvanceUntilAsync(() => host.Committed(TestHandler.Group, TestHandler.Topic) == 3, stop: TestContext.Current.CancellationToken);
        Assert.Equal([expected, expected, OutcomeKind.Handled], host.Outcomes.Select(o => o.Kind));
        Assert.Equal(policy == UnmatchedType.DeadLetter ? 2 : 0, host.Broker.Messages("things.dead").Count);
        Assert.Equal(policy == UnmatchedType.Skip ? 2 : 0, host.Status.Handlers.Sum(h => h.Counts.Skipped));
        Assert.Equal(policy == UnmatchedType.DeadLetter ? 2 : 0, host.Status.Handlers.Sum(h => h.Counts.DeadLettered));
    }

    [Fact]
    public async Task A_type_that_no_handler_takes_may_stop_the_subscription()
    {
        await using var host = await StartAsync(TypeSource.Header, null, s => s with { OnUnmatched = UnmatchedType.Stop });
        await host.PublishAsync(TestHandler.Topic, "1", headers: new Headers(Header.Of("type", "sold")));
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => host.AdvanceUntilAsync(() => false, stop: TestContext.Current.CancellationToken));
        Assert.Contains("No handler of this topic and group takes messages of its type", error.Message, StringComparison.Ordinal);
        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    [Fact]
    public async Task A_body_that_is_to_say_its_type_and_is_no_JSON_is_invalid()
    {
        await using var host = await StartAsync(TypeSource.Json, null);
        await host.PublishAsync(TestHandler.Topic, "{nonsense");
        await host.AdvanceUntilAsync(() => host.Committed(TestHandler.Group, TestHandler.Topic) == 1, stop: TestContext.Current.CancellationToken);
        Assert.Equal(1, host.Status.Handlers.Sum(h => h.Counts.Invalid));
        Assert.Empty(handled);
    }

    [Theory]
    [InlineData("Ordering", "Key", "disagree on Ordering, which belongs to both together: 'Things.made' has Lane, 'Things.paid' has Key. Give them the same")]
    [InlineData("Commit", "EachMessage", "disagree on Commit")]
    public async Task Handlers_that_share_a_topic_agree_in_what_belongs_to_it(string key, string value, string expected)
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => StartAsync(TypeSource.Header, null, configuration: [KeyValuePair.Create($"Handlers:Things.paid:{key}", (string?)value)]));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("made", null)]
    [InlineData(null, "made")]
    public async Task One_that_takes_a_type_and_one_that_takes_all_are_an_error_whichever_is_first(string? first, string? second)
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).Add(Of("A.OnThing", first)).Add(Of("B.OnThing", second)), partitions: 1, stop: TestContext.Current.CancellationToken));
        Assert.Contains("Handlers 'A.OnThing' and 'B.OnThing' share topic", error.Message, StringComparison.Ordinal);

        static HandlerRegistration Of(string name, string? type) => new HandlerRegistration<string>
        {
            Name = name,
            Declared = new HandlerSettings { Topic = TestHandler.Topic, Group = "test" },
            PayloadType = "string",
            Unpack = Payload.Text,
            MessageType = type is null ? null : new MessageTypeMatch(type, TypeSource.Header, null, static _ => 0, 0),
            Dispatch = static (string _, in HandlerCall _) => default,
        };
    }

    private Task<HandlersTestHost> StartAsync(
        TypeSource source, string? name, Func<HandlerSettings, HandlerSettings>? settings = null, IEnumerable<KeyValuePair<string, string?>>? configuration = null)
    {
        TypeSwitch types = type => type.SequenceEqual("made"u8) ? 0 : type.SequenceEqual("paid"u8) ? 1 : -1;
        return HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).Add(Of("made", 0)).Add(Of("paid", 1)), configuration, partitions: 1, stop: TestContext.Current.CancellationToken);

        HandlerRegistration Of(string type, int index) => new HandlerRegistration<string>
        {
            Name = $"Things.{type}",
            Declared = (settings ?? (s => s))(new HandlerSettings { Topic = TestHandler.Topic }),
            PayloadType = "string",
            Unpack = Payload.Text,
            MessageType = new MessageTypeMatch(type, source, name, types, index),
            Dispatch = (string payload, in HandlerCall call) =>
            {
                handled.Enqueue($"{type}:{payload}");
                return default;
            },
        };
    }
}
