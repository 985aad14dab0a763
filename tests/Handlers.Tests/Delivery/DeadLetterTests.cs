using System.Collections.Concurrent;
using System.Text;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Handlers.Tests;

public sealed class DeadLetterTests
{
    private const string Dead = "things.dead";

    private readonly ConcurrentQueue<string> handled = new();

    [Fact]
    public async Task A_message_whose_handler_failed_is_published_as_it_came_with_what_there_is_to_know_of_it()
    {
        await using var host = await StartAsync(s => s with { Retry = new RetrySettings { Attempts = 2, Delay = TimeSpan.Zero } });
        var own = new Headers(Header.Of("trace", "1"), new Header("binary", new byte[] { 0, 255 }), new Header("null", null), Header.Of("trace", "2"));
        await host.PublishAsync(TestHandler.Topic, "good");
        await host.PublishAsync(TestHandler.Topic, "bad", "key", own);
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);

        var letter = host.Broker.Messages(Dead).Single();
        Assert.Equal("bad", Encoding.UTF8.GetString(letter.Body!.Value.Span));
        Assert.Equal("key", Encoding.UTF8.GetString(letter.Key!.Value.Span));
        Assert.Equal(["trace", "binary", "null", "trace"], letter.Headers.Take(4).Select(h => h.Name));
        Assert.Equal(new byte[] { 0, 255 }, letter.Headers[1].Value!.Value.ToArray());
        Assert.Null(letter.Headers[2].Value);
        Assert.Equal("things/0@1", letter.Headers.Text(DeadLetterHeaders.Id));
        Assert.Equal("things", letter.Headers.Text(DeadLetterHeaders.Topic));
        Assert.Equal("0", letter.Headers.Text(DeadLetterHeaders.Lane));
        Assert.Equal("1", letter.Headers.Text(DeadLetterHeaders.Position));
        Assert.Equal("test", letter.Headers.Text(DeadLetterHeaders.Group));
        Assert.Equal("Things.OnThing", letter.Headers.Text(DeadLetterHeaders.Handler));
        Assert.Equal("2", letter.Headers.Text(DeadLetterHeaders.Attempts));
        Assert.Equal("System.InvalidOperationException", letter.Headers.Text(DeadLetterHeaders.Exception));
        Assert.Equal(1000, letter.Headers.Text(DeadLetterHeaders.Reason)!.Length);
        Assert.Equal(host.Clock.GetUtcNow().UtcDateTime.Date, DateTimeOffset.Parse(letter.Headers.Text(DeadLetterHeaders.Time)!, null).UtcDateTime.Date);
        Assert.Equal([OutcomeKind.Handled, OutcomeKind.DeadLettered], host.Outcomes.Select(o => o.Kind));
        Assert.Equal(1, host.Status.Handlers.Single().Counts.DeadLettered);
    }

    [Fact]
    public async Task An_invalid_message_is_dead_lettered_by_default_where_there_is_a_topic_and_its_body_is_not_in_the_headers()
    {
        await using var host = await StartAsync();
        await host.PublishAsync(new OutgoingMessage { Topic = TestHandler.Topic, Body = new byte[] { 0xFF, 0xFE } });
        await host.PublishAsync(TestHandler.Topic, null);
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);

        var letters = host.Broker.Messages(Dead);
        Assert.Equal(2, letters.Count);
        Assert.Contains(letters, l => l.Body is { } body && body.Span.SequenceEqual(new byte[] { 0xFF, 0xFE }));
        Assert.Contains(letters, l => l.Body is null);
        Assert.All(letters, l => Assert.Equal("0", l.Headers.Text(DeadLetterHeaders.Attempts)));
    }

    [Fact]
    public async Task Headers_of_ours_that_came_from_outside_are_not_believed()
    {
        await using var host = await StartAsync();
        await host.PublishAsync(TestHandler.Topic, "bad", headers: new Headers(Header.Of(DeadLetterHeaders.Topic, "elsewhere"), Header.Of(DeadLetterHeaders.Attempts, "77")));
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        var letter = host.Broker.Messages(Dead).Single();
        Assert.Equal("things", letter.Headers.Single(h => h.Name == DeadLetterHeaders.Topic).Value is { } topic ? Encoding.UTF8.GetString(topic.Span) : null);
        Assert.Equal("1", letter.Headers.Text(DeadLetterHeaders.Attempts));
    }

    [Theory]
    [InlineData(Ordering.Lane)]
    [InlineData(Ordering.Key)]
    [InlineData(Ordering.None)]
    public async Task While_a_dead_letter_cannot_be_published_the_lane_pauses_health_is_red_and_nothing_is_committed_past_it(Ordering ordering)
    {
        var broken = new Flaky { Fails = true };
        await using var host = await HandlersTestHost.StartAsync(
            s =>
            {
                HandlersBuilder.For(s).Add(Handler(x => x with { Ordering = ordering }));
                s.AddHealthChecks().AddStreamHandlers();
                s.AddLogging();
            },
            partitions: 1, transport: broken.Around, stop: TestContext.Current.CancellationToken);
        await host.PublishAsync(TestHandler.Topic, "good");
        await host.PublishAsync(TestHandler.Topic, "bad", "k");
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ Paused: PauseReasons.CannotPublish }], stop: TestContext.Current.CancellationToken);
        await host.PublishAsync(TestHandler.Topic, "later", "other");
        await host.AdvanceUntilAsync(() => broken.Attempts > 5, TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal(["good"], handled);
        Assert.Equal(new Position(0), host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.Contains("'Things.OnThing' cannot publish dead letters or retries of lane things/0, from position 1", health.Entries.Single().Value.Description, StringComparison.Ordinal);

        broken.Fails = false;
        await host.AdvanceUntilAsync(() => host.Committed(TestHandler.Group, TestHandler.Topic) == 3, TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(["good", "later"], handled);
        Assert.Single(host.Broker.Messages(Dead));
        Assert.Equal(HealthStatus.Healthy, (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Status);
    }

    [Fact]
    public async Task A_letter_that_is_not_acknowledged_for_long_pauses_its_lane_until_it_is()
    {
        var acknowledged = new TaskCompletionSource();
        var hooks = new Hooked { Publishing = async (message, _) => await (message.Topic == Dead ? acknowledged.Task : Task.CompletedTask) };
        await using var host = await TestHandler.StartAsync(hooks, 1, Handler());
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ Paused: PauseReasons.CannotPublish }], TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Unhealthy, (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Status);
        await host.PublishAsync(TestHandler.Topic, "later");
        Assert.Empty(handled);
        acknowledged.SetResult();
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["later"], handled);
        Assert.Single(host.Broker.Messages(Dead));
    }

    [Fact]
    public async Task A_stop_while_a_dead_letter_cannot_be_published_leaves_its_message_uncommitted()
    {
        var broken = new Flaky { Fails = true };
        var host = await HandlersTestHost.StartAsync(s => HandlersBuilder.For(s).Add(Handler()), partitions: 1, transport: broken.Around, stop: TestContext.Current.CancellationToken);
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.WaitUntilAsync(() => broken.Attempts == 1, TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
        Assert.Empty(host.Outcomes);
        await host.DisposeAsync();
    }

    private Task<HandlersTestHost> StartAsync(Func<HandlerSettings, HandlerSettings>? settings = null) => TestHandler.StartAsync(Handler(settings));

    private HandlerRegistration Handler(Func<HandlerSettings, HandlerSettings>? settings = null) => TestHandler.Of((body, _, _) =>
    {
        if (body == "bad") throw new InvalidOperationException(new string('x', 5000));
        handled.Enqueue(body);
        return default;
    }, settings: s => (settings ?? (x => x))(s with { DeadLetter = Dead }));

    /// <summary>A transport whose dead letters fail while the test says so.</summary>
    private sealed class Flaky
    {
        private int attempts;

        public bool Fails { get; set; }

        public int Attempts => Volatile.Read(ref attempts);

        public ITransport Around(ITransport transport) => new Transport(this, transport);

        private sealed class Transport(Flaky flaky, ITransport transport) : ITransport, IPublisher
        {
            public IPublisher Publisher => this;

            public ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop) => transport.SubscribeAsync(request, stop);

            public ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default)
            {
                Interlocked.Increment(ref flaky.attempts);
                return flaky.Fails ? throw new TransportException("The broker is away.") { IsTransient = true } : transport.Publisher.PublishAsync(message, stop);
            }

            public ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default) => transport.Publisher.PublishAsync(messages, stop);

            public ValueTask DisposeAsync() => transport.DisposeAsync();
        }
    }
}
