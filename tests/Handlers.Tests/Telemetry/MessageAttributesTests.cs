using Handlers.Testing;

namespace Handlers.Tests;

/// <summary>What is one message's own, on spans.</summary>
[Collection(TelemetryTests.Name)]
public sealed class MessageAttributesTests : IDisposable
{
    private readonly Heard heard = new(metrics: false);

    public void Dispose() => heard.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_span_has_the_names_that_the_conventions_give_to_the_kind_of_broker_and_the_key_where_that_is_asked_for(bool keys)
    {
        await using var host = await StartAsync(keys);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);
        await host.PublishAsync(new OutgoingMessage { Topic = TestHandler.Topic, Body = OutgoingMessage.Utf8("a"), Key = OutgoingMessage.Utf8("ann"), Timestamp = at });
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        var span = heard.SpansOf("process things").Single();
        Assert.Equal((0L, at.ToUnixTimeMilliseconds(), keys ? "ann" : null), (span.GetTagItem("named.offset"), span.GetTagItem("handlers.timestamp"), span.GetTagItem("named.key")));
    }

    [Fact]
    public async Task A_key_that_is_missing_no_text_or_long_is_left_out()
    {
        await using var host = await StartAsync(keys: true);
        foreach (var key in new byte[]?[] { null, [0xff, 0xfe], [.. Enumerable.Repeat((byte)'k', 257)], [.. Enumerable.Repeat((byte)'k', 256)], [] })
            await host.PublishAsync(new OutgoingMessage { Topic = TestHandler.Topic, Body = OutgoingMessage.Utf8("a"), Key = key is null ? (ReadOnlyMemory<byte>?)null : key });
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal([null, null, null, new string('k', 256), ""], heard.SpansOf("process things").Select(s => s.GetTagItem("named.key")));
    }

    private static Task<HandlersTestHost> StartAsync(bool keys) => HandlersTestHost.StartAsync(
        s => HandlersBuilder.For(s).Add(TestHandler.Of((_, _, _) => default, settings: s => s with { Ordering = Ordering.Lane })),
        [new("Handlers:TraceKeys", keys ? "true" : "false")], partitions: 1, transport: t => new Named(t), stop: TestContext.Current.CancellationToken);

    /// <summary>The broker in memory, as if the conventions knew it.</summary>
    private sealed class Named(ITransport transport) : ITransport
    {
        public MessageAttributes MessageAttributes => new("named.offset", "named.key");

        public IPublisher Publisher => transport.Publisher;

        public ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop) => transport.SubscribeAsync(request, stop);

        public ValueTask DisposeAsync() => transport.DisposeAsync();
    }
}
