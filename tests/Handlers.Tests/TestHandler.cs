using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Tests;

/// <summary>Registrations as generated code would make them, with a delegate for the user's method.</summary>
internal static class TestHandler
{
    public const string Topic = "things";
    public const string Group = "test";
    public const string Name = "Things.OnThing";

    public static HandlerRegistration Of(
        Func<string, MessageContext, CancellationToken, ValueTask> handle, string name = Name, Func<HandlerSettings, HandlerSettings>? settings = null) =>
        new HandlerRegistration<string>
        {
            Name = name,
            Declared = (settings ?? (s => s))(new HandlerSettings { Topic = Topic }),
            PayloadType = "string",
            Reads = MessageParts.All,
            Unpack = Payload.Text,
            Dispatch = (string payload, in HandlerCall call) => handle(payload, call.Context, call.Stop),
        };

    /// <summary>The same, called with lists.</summary>
    public static HandlerRegistration ListOf(Func<BatchCall<string>, ValueTask> handle, Func<HandlerSettings, HandlerSettings> settings) => new BatchRegistration<string>
    {
        Name = Name,
        Declared = settings(new HandlerSettings { Topic = Topic }),
        PayloadType = "string",
        Unpack = Payload.Text,
        Dispatch = call => handle(call),
    };

    /// <summary>A host with health checks, over a transport of which single calls may fail.</summary>
    public static Task<HandlersTestHost> StartAsync(Hooked hooks, int partitions = 1, params HandlerRegistration[] handlers) => HandlersTestHost.StartAsync(
        s =>
        {
            foreach (var handler in handlers) HandlersBuilder.For(s).Add(handler);
            s.AddLogging().AddHealthChecks().AddStreamHandlers();
        }, partitions: partitions, transport: hooks.Around, stop: TestContext.Current.CancellationToken);

    public static Task<HandlersTestHost> StartAsync(
        HandlerRegistration handler, int partitions = 1, IEnumerable<KeyValuePair<string, string?>>? configuration = null, Action<IServiceCollection>? services = null) =>
        HandlersTestHost.StartAsync(
            s =>
            {
                HandlersBuilder.For(s).Add(handler);
                services?.Invoke(s);
            },
            configuration, partitions, stop: TestContext.Current.CancellationToken);
}

internal static class TestServices
{
    public static IPublisher GetPublisher(this IServiceProvider services) => services.GetRequiredService<IPublisher>();
}
