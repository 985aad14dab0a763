using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

/// <summary>A host that fails half-way through its start leaves the groups that it has joined.</summary>
public sealed class HalfStartTests
{
    [Fact]
    public async Task Where_the_second_group_cannot_be_joined_the_first_is_left()
    {
        var transport = new ScriptedTransport();
        var builder = Builder(transport);
        HandlersBuilder.For(builder.Services)
            .Add(TestHandler.Of((_, _, _) => default, "B.On", s => s with { Transport = "second" }))
            .AddTransport("second", _ => throw new TransportException("no such broker"));
        using (var host = builder.Build())
            await Assert.ThrowsAsync<TransportException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(2, transport.Disposals); // as subscription and as transport
    }

    [Fact]
    public async Task Where_another_service_cannot_start_the_group_is_left()
    {
        var transport = new ScriptedTransport();
        var builder = Builder(transport);
        builder.Services.AddHostedService<Broken>();
        using (var host = builder.Build())
            await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(2, transport.Disposals);
    }

    [Fact]
    public async Task A_group_that_was_left_in_order_is_not_left_twice()
    {
        var transport = new ScriptedTransport();
        using (var host = Builder(transport).Build())
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, transport.Disposals);
    }

    private static HostApplicationBuilder Builder(ScriptedTransport transport)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "test" });
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        HandlersBuilder.For(builder.Services).Add(TestHandler.Of((_, _, _) => default)).AddTransport("default", _ => transport);
        return builder;
    }

    private sealed class Broken : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("broken");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
