using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

public sealed class HandlersStatusTests
{
    private readonly InMemoryBroker broker = new() { Partitions = 32 };

    /// <summary>A scraper that sees a counter fall takes it for a restart.</summary>
    [Fact]
    public async Task It_can_be_asked_at_any_moment_and_its_counts_only_grow()
    {
        using var host = await StartAsync();
        var status = host.Services.GetRequiredService<HandlersStatus>();
        using var done = new CancellationTokenSource();
        var asking = Task.Run(() =>
        {
            var before = default(HandlerCounts);
            while (!done.IsCancellationRequested)
            {
                var now = status.Handlers.Single();
                Assert.All(now.Lanes, lane => Assert.Equal(TestHandler.Topic, lane.Id.Topic));
                Assert.True(now.Counts.Received >= before.Received && now.Counts.Handled >= before.Handled, $"{before} then {now.Counts}");
                before = now.Counts;
            }
        }, TestContext.Current.CancellationToken);

        // Members come and go, so that lanes begin and end all the time.
        for (var i = 0; i < 20; i++)
        {
            await PublishAsync(200);
            using var other = await StartAsync();
            await other.Services.GetRequiredService<HandlersStatus>().WhenCaughtUpAsync(TestContext.Current.CancellationToken);
            await other.StopAsync(TestContext.Current.CancellationToken);
        }

        await done.CancelAsync();
        await asking;
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Caught_up_means_that_all_that_was_acknowledged_is_handled()
    {
        using var host = await StartAsync();
        var status = host.Services.GetRequiredService<HandlersStatus>();
        for (var i = 1; i <= 50; i++)
        {
            await PublishAsync(40);
            await status.WhenCaughtUpAsync(TestContext.Current.CancellationToken);
            Assert.Equal(i * 40, status.Handlers.Single().Counts.Handled);
        }

        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Who_waits_for_a_host_that_has_stopped_is_told()
    {
        using var host = await StartAsync();
        await host.StopAsync(TestContext.Current.CancellationToken);
        await PublishAsync(1);
        await Assert.ThrowsAsync<OperationCanceledException>(() => host.Services.GetRequiredService<HandlersStatus>().WhenCaughtUpAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Without_handlers_there_is_nothing_to_catch_up_with()
    {
        await using var host = await HandlersTestHost.StartAsync(s => HandlersBuilder.For(s), stop: TestContext.Current.CancellationToken);
        var caughtUp = host.Status.WhenCaughtUpAsync(TestContext.Current.CancellationToken);
        await host.WaitUntilAsync(() =>
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            return caughtUp.IsCompletedSuccessfully;
        }, TestContext.Current.CancellationToken);
    }

    private async Task<IHost> StartAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "test" });
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        HandlersBuilder.For(builder.Services).Add(TestHandler.Of((_, _, _) => default)).UseInMemory(broker);
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    private ValueTask PublishAsync(int count) => new InMemoryTransport(broker).PublishAsync(
        [.. Enumerable.Range(0, count).Select(_ => new OutgoingMessage { Topic = TestHandler.Topic, Body = "x"u8.ToArray() })], TestContext.Current.CancellationToken);
}
