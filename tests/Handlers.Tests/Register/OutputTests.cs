using System.Text;
using Handlers.Testing;

namespace Handlers.Tests;

/// <summary>What a handler returns is published and acknowledged before its message counts as handled.</summary>
public sealed class OutputTests
{
    [Fact]
    public async Task A_plain_payload_keeps_the_key_of_its_source_and_null_publishes_nothing()
    {
        await using var host = await StartAsync<string?>((body, call, pack) => call.PublishAsync(body == "none" ? null : body, pack), Text);
        await host.PublishAsync(TestHandler.Topic, "a", key: "k");
        await host.PublishAsync(TestHandler.Topic, "none", key: "k");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        var message = Assert.Single(host.Broker.Messages("out"));
        Assert.Equal(("a", "k"), (Of(message.Body), Of(message.Key)));
    }

    [Fact]
    public async Task An_outgoing_message_says_its_key_itself()
    {
        await using var host = await StartAsync<OutgoingMessage<string>>(
            (body, call, pack) => call.PublishAsync(new OutgoingMessage<string>(body) { KeyText = body == "keyed" ? "own" : null, Headers = new(Header.Of("h", "1")) }, pack),
            m => Text(m.Payload) with { Key = m.Key, Headers = m.Headers });
        await host.PublishAsync(TestHandler.Topic, "keyed", key: "k");
        await host.PublishAsync(TestHandler.Topic, "free", key: "k");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["own", null], host.Broker.Messages("out").Select(m => Of(m.Key)));
        Assert.All(host.Broker.Messages("out"), m => Assert.Equal("1", m.Headers.Text("h")));
    }

    [Fact]
    public async Task Each_value_of_a_sequence_is_published_in_its_order()
    {
        await using var host = await StartAsync<string>((body, call, pack) => call.PublishEachAsync(Letters(body), pack), Text);
        await host.PublishAsync(TestHandler.Topic, "abc");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["a", "b", "c"], host.Broker.Messages("out").Select(m => Of(m.Body)));
    }

    [Fact]
    public async Task A_result_that_cannot_be_published_is_a_failure_of_the_handler()
    {
        await using var host = await StartAsync<string>((body, call, pack) => call.PublishAsync(body, pack), _ => throw new InvalidOperationException("cannot pack"));
        await host.PublishAsync(TestHandler.Topic, "a");
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => host.WaitUntilHandledAsync(TestContext.Current.CancellationToken));
        Assert.Contains("cannot pack", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, host.Committed(TestHandler.Group, TestHandler.Topic));
    }

    private delegate ValueTask Publish<T>(string body, HandlerCall call, Pack<T> pack);

    private static Task<HandlersTestHost> StartAsync<T>(Publish<T> publish, Pack<T> pack) => TestHandler.StartAsync(new HandlerRegistration<string>
    {
        Name = "T.On",
        Declared = new HandlerSettings { Topic = TestHandler.Topic, PublishTo = "out" },
        PayloadType = "string",
        Reads = MessageParts.Key,
        Unpack = Payload.Text,
        Dispatch = (string body, in HandlerCall call) => publish(body, call, pack),
    });

    private static async IAsyncEnumerable<string> Letters(string word)
    {
        foreach (var letter in word)
        {
            await Task.Yield();
            yield return letter.ToString();
        }
    }

    private static OutgoingMessage Text(string? body) => new() { Body = OutgoingMessage.Utf8(body) };

    private static string? Of(ReadOnlyMemory<byte>? bytes) => bytes is { } b ? Encoding.UTF8.GetString(b.Span) : null;
}
