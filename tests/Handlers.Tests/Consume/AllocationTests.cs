using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

public sealed class AllocationTests
{
    private const int Messages = 50_000;

    /// <summary>The pump of a lane whose handler never waits stays on its thread, so that thread's allocations are the loop's.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_loop_allocates_nothing_per_message(bool metricsAreKept)
    {
#if DEBUG
        Assert.Skip("Only optimized code keeps the state of an async method that completes at once on the stack.");
#endif
        var seen = 0;
        var (thread, allocated) = (0, 0L);
        var result = new TaskCompletionSource<(bool SameThread, long Bytes)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new HandlerRegistration<ReadOnlyMemory<byte>>
        {
            Name = "T.On",
            Declared = new HandlerSettings { Topic = TestHandler.Topic },
            PayloadType = "ReadOnlyMemory<byte>",
            Unpack = Payload.Memory,
            Dispatch = (ReadOnlyMemory<byte> _, in HandlerCall _) =>
            {
                if (++seen == Messages / 2) (thread, allocated) = (Environment.CurrentManagedThreadId, GC.GetAllocatedBytesForCurrentThread());
                if (seen == Messages) result.SetResult((thread == Environment.CurrentManagedThreadId, GC.GetAllocatedBytesForCurrentThread() - allocated));
                return default;
            },
        };
        // Not the test host: it writes every outcome down.
        var broker = new InMemoryBroker { Partitions = 1 };
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "test" });
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        HandlersBuilder.For(builder.Services).Add(handler).UseInMemory(broker);
        using var host = builder.Build();
        if (metricsAreKept) host.Services.GetRequiredService<HandlersMetrics>().Keep();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.Services.GetPublisher().PublishAsync(
            [.. Enumerable.Repeat(new OutgoingMessage { Topic = TestHandler.Topic, Body = new byte[99] }, Messages)], TestContext.Current.CancellationToken);
        var (sameThread, bytes) = await result.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        if (metricsAreKept) Assert.InRange(host.Services.GetRequiredService<HandlersMetrics>().Read().Single(static f => f.Name == "messaging.process.duration").Series.Single().Buckets!.Count, Messages - 1000, Messages); // a batch's last ones are told with the next
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.True(sameThread);
        Assert.InRange(bytes, 0, 20_000); // of 25,000 messages, where one object each would be 600,000. A collection that another test causes takes away the 8 KB that a thread has in hand, which counts
    }
}
