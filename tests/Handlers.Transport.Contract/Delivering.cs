using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Transport.Contract;

/// <summary>The whole runtime over the transport: each ordering with each commit, failures, lists, retry topics, rewinds.</summary>
public abstract partial class GroupContract : HarnessTests
{
    private const int Delivered = 300;
    private const int DeliveredKeys = 30;

    [Theory(Timeout = Limit)]
    [InlineData(Ordering.Lane, Commit.Watermark)]
    [InlineData(Ordering.Lane, Commit.EachMessage)]
    [InlineData(Ordering.Lane, Commit.OnRead)]
    [InlineData(Ordering.Key, Commit.Watermark)]
    [InlineData(Ordering.Key, Commit.OnRead)]
    [InlineData(Ordering.None, Commit.Watermark)]
    [InlineData(Ordering.None, Commit.OnRead)]
    public async Task Every_message_is_handled_or_dead_lettered_in_its_order_and_committed(Ordering ordering, Commit commit)
    {
        var (topic, dead) = (await TopicAsync(partitions: 2), await TopicAsync());
        var seen = new ConcurrentQueue<(MessageContext Context, int Number)>();
        await using var app = await RunAsync(Handling(topic, s => s with { Ordering = ordering, Commit = commit, DeadLetter = dead, Concurrency = 8 }, async (number, context) =>
        {
            if (number % 7 == 0) await Task.Yield();
            seen.Enqueue((context, number));
            if (number % 50 == 17) throw new InvalidOperationException("for ever");
        }));
        await PublishNumbersAsync(topic);
        await Eventually(() => app.Counts is { Handled: Delivered - 6, DeadLettered: 6 }, "every message has an outcome");

        var byOrder = ordering switch
        {
            Ordering.Lane => seen.GroupBy(s => s.Context.Lane.Partition),
            Ordering.Key => seen.GroupBy(s => s.Context.KeyText!),
            _ => seen.GroupBy(s => $"{s.Number}"),
        };
        Assert.All(byOrder, part => Assert.Equal(part.OrderBy(s => s.Context.Position), part));
        Assert.Equal(Enumerable.Range(0, Delivered), seen.Select(s => s.Number).Order());
        foreach (var lane in seen.GroupBy(s => s.Context.Lane.Partition))
            await Eventually(async () => await Harness.ReadCommittedAsync("group", topic, lane.Key) == lane.Max(s => s.Context.Position), "the last message is committed");

        var letters = await ReadAsync(await (await JoinAsync(dead, "letters")).LaneAsync(), 6);
        Assert.Equal(
            seen.Where(s => s.Number % 50 == 17).Select(s => $"{topic}/{s.Context.Lane.Partition}@{s.Context.Position}").Order(),
            letters.Select(l => l.Headers!.Text(DeadLetterHeaders.Id)).Order());
        Assert.All(letters, l => Assert.Equal(17, int.Parse(l.Text!, CultureInfo.InvariantCulture) % 50));
    }

    [Fact(Timeout = Limit)]
    public async Task A_message_comes_again_from_its_retry_topic()
    {
        var topic = await TopicAsync();
        await Harness.CreateTopicAsync($"{topic}.group.retry.200ms", 1);
        var failures = 1;
        await using var app = await RunAsync(Handling(topic, s => s with { Ordering = Ordering.None, RetryTopics = [TimeSpan.FromMilliseconds(200)] }, (number, _) =>
            number == 3 && Interlocked.Decrement(ref failures) >= 0 ? throw new InvalidOperationException("once") : Task.CompletedTask));
        await PublishNumbersAsync(topic);
        await Eventually(() => app.Counts is { Handled: Delivered, Deferred: 1 }, "the message came again");
    }

    [Fact(Timeout = Limit)]
    public async Task Lists_are_handled_and_committed()
    {
        var topic = await TopicAsync();
        var lists = new ConcurrentQueue<int[]>();
        await using var app = await RunAsync(new BatchRegistration<string>
        {
            Name = "Numbers.OnNumbers",
            Declared = new HandlerSettings { Topic = topic, Start = StartFrom.Earliest, BatchSize = 70, BatchTime = TimeSpan.FromMilliseconds(100) },
            PayloadType = "string",
            Unpack = Payload.Text,
            Dispatch = call =>
            {
                lists.Enqueue([.. call.Payloads.Select(p => int.Parse(p, CultureInfo.InvariantCulture))]);
                return default;
            },
        });
        await PublishNumbersAsync(topic);
        await Eventually(() => app.Counts.Handled == Delivered, "every message is handled");
        Assert.Equal(Enumerable.Range(0, Delivered), lists.SelectMany(l => l));
        Assert.All(lists, l => Assert.InRange(l.Length, 1, 70));
        await Eventually(async () => await Harness.ReadCommittedAsync("group", topic, app.Lanes.Single().Id.Partition) is not null, "it is committed");
    }

    [Fact(Timeout = Limit)]
    public async Task A_running_handler_is_rewound_and_commits_from_there()
    {
        Assert.SkipUnless(Harness.Features.Seeks, NoSeeks);
        var topic = await TopicAsync();
        var seen = new ConcurrentQueue<(MessageContext Context, int Number)>();
        await using var app = await RunAsync(Handling(topic, s => s with { Ordering = Ordering.Key }, (number, context) =>
        {
            seen.Enqueue((context, number));
            return Task.CompletedTask;
        }));
        await PublishNumbersAsync(topic);
        await Eventually(() => app.Counts.Handled == Delivered, "every message is handled");
        var refused = await Assert.ThrowsAsync<TransportException>(() => Soon(app.Control.RewindAsync("Numbers.OnNumber", StartPosition.Behind(new Position(123_456)), app.Lanes.Single().Id.Partition)));
        Assert.True(refused.IsRefused, refused.Message);
        var to = seen.Single(s => s.Number == 249).Context;
        await Soon(app.Control.RewindAsync("Numbers.OnNumber", StartPosition.Behind(to.Position), to.Lane.Partition));
        await Eventually(() => app.Counts.Handled == Delivered + 50, "what is behind it is handled again");
        Assert.True(app.Lanes.Single().Id.Epoch > to.Lane.Epoch, "The epoch did not rise.");
        await Eventually(async () => await Harness.ReadCommittedAsync("group", topic, to.Lane.Partition) == seen.Max(s => s.Context.Position), "the last message is committed");
    }

    private async Task PublishNumbersAsync(string topic)
    {
        var transport = await AnyTransportAsync();
        var messages = Enumerable.Range(0, Delivered).Select(i => Text(topic, $"{i}", $"k{i % DeliveredKeys}")).ToList();
        await Soon(transport.Publisher.PublishAsync(messages, CancellationToken.None));
    }

    private static HandlerRegistration<string> Handling(string topic, Func<HandlerSettings, HandlerSettings> settings, Func<int, MessageContext, Task> handle) => new()
    {
        Name = "Numbers.OnNumber",
        Declared = settings(new HandlerSettings { Topic = topic, Start = StartFrom.Earliest }), // what is published before the lanes are assigned counts too
        PayloadType = "string",
        Reads = MessageParts.All,
        Unpack = Payload.Text,
        Dispatch = (string payload, in HandlerCall call) => new ValueTask(handle(int.Parse(payload, CultureInfo.InvariantCulture), call.Context)),
    };

    private async Task<Application> RunAsync(HandlerRegistration handler)
    {
        var transport = await Harness.NewTransportAsync(); // the application's own, which it disposes of
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "group" });
        builder.Services.AddHostInTest();
        HandlersBuilder.For(builder.Services).Add(handler).AddTransport("default", _ => transport).Configure(o => o.CommitInterval = TimeSpan.FromMilliseconds(20));
        var app = new Application(builder.Build());
        await Soon(app.StartAsync());
        return app;
    }

    /// <summary>A host with handlers.</summary>
    private sealed class Application(IHost host) : IAsyncDisposable
    {
        public HandlersControl Control => host.Services.GetRequiredService<HandlersControl>();

        public HandlerCounts Counts => Status.Counts;

        public IReadOnlyList<LaneStatus> Lanes => Status.Lanes;

        private HandlerStatus Status => host.Services.GetRequiredService<HandlersStatus>().Handlers.Single();

        public Task StartAsync() => host.StartAsync();

        public async ValueTask DisposeAsync()
        {
            await host.StopAsync();
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }
}
