using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Tests;

/// <summary>A broker that does not answer when the group is left.</summary>
public sealed class LeaveTests
{
    [Fact]
    public async Task A_group_that_cannot_be_left_in_time_is_a_warning_and_no_failure()
    {
        var clock = new FakeClock();
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var transport = new ScriptedTransport { Time = clock, Leaving = left.Task };
        var logs = new List<string>();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "test" });
        builder.Logging.AddProvider(new Recording(logs));
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        HandlersBuilder.For(builder.Services).Add(TestHandler.Of((_, _, _) => default)).AddTransport("default", _ => transport);
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await transport.Waiting.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        var stopped = host.StopAsync(TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return stopped.IsCompleted;
        });
        await stopped;

        Assert.Empty(host.Services.GetRequiredService<HandlersStatus>().Failures);
        Assert.Equal(LaneEnd.Stopped, await transport.Released.Task);
        lock (logs) Assert.Contains(logs, l => l.StartsWith("The transport did not leave group test within 00:00:", StringComparison.Ordinal));
        left.SetResult(); // the host's end would wait for it
    }
}
