using System.Collections.Concurrent;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Handlers.Tests;

/// <summary>Lists that wait: for more messages, for room, for a broker.</summary>
public sealed class ListTests
{
    private const string Name = "Things.OnThing";

    private readonly ConcurrentQueue<string> calls = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_list_whose_letter_cannot_be_published_leaves_its_place_to_the_lists_of_other_lanes()
    {
        var hooks = Away();
        await using var host = await StartAsync(List(call => call.Payloads[0] == "bad" ? throw new InvalidOperationException("no") : default, s => s with { Ordering = Ordering.None, Concurrency = 1, BatchSize = 1, DeadLetter = "things.dead" }), hooks, partitions: 2);
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.WaitUntilAsync(() => calls.Count == 1, Stop);
        await host.PublishAsync(TestHandler.Topic, "good");
        await host.AdvanceUntilAsync(() => calls.Contains("good"), stop: Stop);
        hooks.Publishing = null;
    }

    [Fact]
    public async Task A_list_that_is_larger_than_what_may_be_uncommitted_is_not_held_up_until_its_time()
    {
        await using var host = await TestHandler.StartAsync(
            List(_ => default, s => s with { BatchSize = 100, BatchTime = TimeSpan.FromHours(1) }),
            configuration: [KeyValuePair.Create("Handlers:MaxUncommitted", (string?)"50")]);
        for (var i = 0; i < 200; i++) await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(Stop);
    }

    [Fact]
    public async Task A_list_that_waits_for_more_messages_is_not_stuck()
    {
        await using var host = await StartAsync(List(_ => default, s => s with { BatchSize = 10, BatchTime = TimeSpan.FromMinutes(5) }), new Hooked());
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ Uncommitted: 1 }], Stop);
        for (var i = 0; i < 200; i++)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await Task.Delay(20, Stop);
        Assert.NotEqual(HealthStatus.Unhealthy, (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Stop)).Status);
    }

    private static Hooked Away() => new() { Publishing = (m, _) => m.Topic == "things.dead" ? throw new TransportException("The broker is away.") { IsTransient = true } : default };

    private BatchRegistration<string> List(Func<BatchCall<string>, ValueTask> handle, Func<HandlerSettings, HandlerSettings> settings) => new()
    {
        Name = Name,
        Declared = settings(new HandlerSettings { Topic = TestHandler.Topic }),
        PayloadType = "string",
        Unpack = Payload.Text,
        Dispatch = call =>
        {
            foreach (var body in call.Payloads) calls.Enqueue(body);
            return handle(call);
        },
    };

    private static Task<HandlersTestHost> StartAsync(HandlerRegistration handler, Hooked hooks, int partitions = 1) => HandlersTestHost.StartAsync(
        s =>
        {
            HandlersBuilder.For(s).Add(handler);
            s.AddLogging().AddHealthChecks().AddStreamHandlers();
        }, partitions: partitions, transport: hooks.Around, stop: Stop);
}
