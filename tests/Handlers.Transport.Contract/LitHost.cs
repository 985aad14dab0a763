using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Transport.Contract;

/// <summary>
/// A host in real time whose lights a test looks at as an orchestrator would: every quarter of a second. One handler with one place, so that what hangs in one
/// lane starves the others; it hangs at bodies that say so, until it is let go.
/// </summary>
public sealed class LitHost : IAsyncDisposable
{
    public const string Topic = "lights";
    public const string Handler = "Lights.OnMessage";

    /// <summary>What the lights have at most, from a trouble's beginning and from its end.</summary>
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Probe = TimeSpan.FromMilliseconds(250);

    private readonly IHost host;
    private readonly ConcurrentDictionary<string, MessageContext> handled;
    private readonly TaskCompletionSource<MessageContext> hung;
    private readonly TaskCompletionSource letGo;

    private LitHost(IHost host, ConcurrentDictionary<string, MessageContext> handled, TaskCompletionSource<MessageContext> hung, TaskCompletionSource letGo) =>
        (this.host, this.handled, this.hung, this.letGo) = (host, handled, hung, letGo);

    public HandlersStatus Status => host.Services.GetRequiredService<HandlersStatus>();

    private HandlersLights Lights => host.Services.GetRequiredService<HandlersLights>();

    /// <param name="transport">Adds the transport, with a topic of two partitions.</param>
    public static async Task<LitHost> StartAsync(Action<HandlersBuilder> transport)
    {
        var handled = new ConcurrentDictionary<string, MessageContext>();
        var (hung, letGo) = (new TaskCompletionSource<MessageContext>(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "lights" });
        builder.Services.AddHostInTest();
        var handlers = HandlersBuilder.For(builder.Services).Configure(static o =>
        {
            o.StuckAfter = TimeSpan.FromSeconds(5);
            o.CommitInterval = TimeSpan.FromSeconds(1);
            o.CommitAttempts = 1000; // a broker that is away for long does not end the subscription
        }).Add(new HandlerRegistration<string>
        {
            Name = Handler,
            Declared = new HandlerSettings { Topic = Topic, Ordering = Ordering.None, Concurrency = 1, Start = StartFrom.Earliest },
            PayloadType = "string",
            Reads = MessageParts.All,
            Unpack = Payload.Text,
            Dispatch = (string body, in HandlerCall call) => HandleAsync(body, call.Context),
        });
        transport(handlers);
        var lit = new LitHost(builder.Build(), handled, hung, letGo);
        try
        {
            await lit.host.StartAsync(TestContext.Current.CancellationToken);
            await lit.BecomesAsync(HealthLight.Startup, LightColor.Green);
            await lit.BecomesAsync(HealthLight.Ready, LightColor.Green);
            return lit;
        }
        catch
        {
            await lit.DisposeAsync();
            throw;
        }

        async ValueTask HandleAsync(string body, MessageContext context)
        {
            if (body == "hang")
            {
                hung.TrySetResult(context);
                await letGo.Task;
            }

            handled[body] = context;
        }
    }

    /// <summary>Publishes to every partition, and waits until all of it is handled: connected is not consuming.</summary>
    public async Task ConsumesAsync(string name)
    {
        var bodies = Enumerable.Range(0, 8).Select(i => $"{name}-{i}").ToList();
        foreach (var body in bodies) await PublishAsync(body);
        var began = TimeProvider.System.GetTimestamp();
        while (bodies.Any(b => !handled.ContainsKey(b)))
        {
            if (TimeProvider.System.GetElapsedTime(began) > Most) throw new TimeoutException($"{bodies.Count(handled.ContainsKey)} of {bodies.Count} messages were handled.");
            await Task.Delay(20);
        }
    }

    /// <summary>The broker goes, and comes back.</summary>
    public async Task BrokerGoesAsync(Func<Task> away, Func<Task> back)
    {
        await away();
        var trouble = (await BecomesAsync(HealthLight.Ready, LightColor.Red)).Troubles.First(static t => t.Color == LightColor.Red);
        Assert.Equal("broker-away", trouble.Kind);
        Assert.StartsWith("The broker of group 'lights' does not answer: ", trouble.Text, StringComparison.Ordinal);
        Assert.Equal(LightColor.Green, (await Lights.LookAsync(HealthLight.Startup)).Color); // it has come up once
        await back();
        await BecomesAsync(HealthLight.Ready, LightColor.Green);
        await ConsumesAsync("after");
        await BecomesAsync(HealthLight.Ready, LightColor.Green);
    }

    /// <summary>The handler hangs, and is let go. The other lane has messages meanwhile, and nobody for them.</summary>
    public async Task HangsAsync()
    {
        await ConsumesAsync("before");
        await PublishAsync("hang");
        var at = await hung.Task.WaitAsync(Most);
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 8; i++) await PublishAsync($"behind-{i}");
        var trouble = Assert.Single((await BecomesAsync(HealthLight.Ready, LightColor.Red, static l => l.Troubles.Any(t => t.Kind == "hung"), began)).Troubles, static t => t.Kind == "hung");
        Assert.Equal((Handler, at.Lane, at.Position), (trouble.Handler, trouble.Lane, trouble.Position));
        Assert.StartsWith($"Handler '{Handler}' is stuck at {at.Lane} position {at.Position} for ", trouble.Text, StringComparison.Ordinal);

        var starved = Assert.Single((await BecomesAsync(HealthLight.Ready, LightColor.Red, static l => l.Troubles.Any(t => t.Kind == "starved"), began)).Troubles, static t => t.Kind == "starved");
        Assert.Equal(Handler, starved.Handler);
        Assert.NotEqual(at.Lane.Partition, starved.Lane!.Value.Partition);
        letGo.SetResult();
        await BecomesAsync(HealthLight.Ready, LightColor.Green);
        await ConsumesAsync("after");
    }

    /// <summary>Probes until the light has the color, live green throughout: nothing of this is for a restart to mend.</summary>
    private async Task<LightStatus> BecomesAsync(HealthLight light, LightColor color, Func<LightStatus, bool>? also = null, long? since = null)
    {
        var began = since ?? TimeProvider.System.GetTimestamp();
        while (true)
        {
            var seen = await Lights.LookAsync(light);
            var live = await Lights.LookAsync(HealthLight.Live);
            Assert.True(live.Color == LightColor.Green, $"Live is {live.Color}: {string.Join(" ", live.Troubles.Select(static t => t.Text))}");
            var took = TimeProvider.System.GetElapsedTime(began);
            if (seen.Color == color && also?.Invoke(seen) != false)
            {
                Assert.True(took <= Most, $"{light} was {color} after {took.TotalSeconds:0.0} s.");
                TestContext.Current.SendDiagnosticMessage($"{light} is {color} after {took.TotalSeconds:0.00} s: {string.Join(" ", seen.Troubles.Select(static t => t.Text))}");
                return seen;
            }

            if (took > Most) throw new TimeoutException($"{light} is {seen.Color}, not {color}, after {took.TotalSeconds:0} s: {string.Join(" ", seen.Troubles.Select(static t => t.Text))}");
            await Task.Delay(Probe);
        }
    }

    private Task PublishAsync(string body) => host.Services.GetRequiredService<IPublisher>().PublishAsync(
        new OutgoingMessage { Topic = Topic, Key = OutgoingMessage.Utf8(body), Body = OutgoingMessage.Utf8(body) }, TestContext.Current.CancellationToken).AsTask().WaitAsync(Most);

    public async ValueTask DisposeAsync()
    {
        letGo.TrySetResult();
        await host.StopAsync(CancellationToken.None);
        await ((IAsyncDisposable)host).DisposeAsync();
    }
}
