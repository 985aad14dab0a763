using System.Reflection;
using System.Runtime.Loader;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Generators.Tests.Driving;

/// <summary>A generated program, loaded and registered: its handlers can be called.</summary>
internal sealed class LoadedProgram
{
    private readonly AssemblyLoadContext context = new("Program under test", isCollectible: true);
    private readonly Assembly main;

    /// <summary>Loads the last of the programs, and those it references before it.</summary>
    public LoadedProgram(params Generated[] programs)
    {
        Assembly? loaded = null;
        foreach (var program in programs) loaded = context.LoadFromStream(new MemoryStream(program.Emit()));
        main = loaded!;
    }

    public Type Type(string name) => main.GetType(name, throwOnError: true)!;

    public ServiceCollection Services { get; } = new();

    /// <summary>Calls the program's own <c>AddStreamHandlers()</c>.</summary>
    public void AddTo(IServiceCollection services)
    {
        var method = main.GetType("Handlers.StreamHandlersExtensions")!.GetMethod("AddStreamHandlers", BindingFlags.Static | BindingFlags.NonPublic)!;
        method.Invoke(null, [services]);
    }

    public HandlerDeclarations Register()
    {
        AddTo(Services);
        return (HandlerDeclarations)Services.Single(s => s.ServiceType == typeof(HandlerDeclarations)).ImplementationInstance!;
    }

    /// <summary>Unpacks and dispatches, as the runtime would, and returns what the program wrote down in <c>Log.Lines</c>.</summary>
    public async Task<IReadOnlyList<string>> CallAsync(string handler, Message message, IPublisher? publisher = null)
    {
        var registration = Register().Handlers.Single(h => h.Name == handler);
        await using var provider = Services.BuildServiceProvider(validateScopes: true);
        await registration.Accept(new Caller(message, provider, publisher));
        return Lines();
    }

    public IReadOnlyList<string> Lines() => (IReadOnlyList<string>)main.GetType("Log")!.GetField("Lines")!.GetValue(null)!;

    private sealed class Caller(Message message, IServiceProvider provider, IPublisher? publisher) : IHandlerVisitor<Task>
    {
        public async Task Visit<T>(HandlerRegistration<T> handler)
        {
            await using var scope = handler.NeedsScope ? provider.CreateAsyncScope() : default(AsyncServiceScope?);
            var services = scope?.ServiceProvider;
            var instance = handler.Instance?.Invoke(handler.IsSingleton ? provider : services!);
            if (message.Body.IsNull) Assert.True(handler.TakesTombstones);
            await Dispatch(handler, instance, services);
        }

        /// <summary>A batch of the message and the same again.</summary>
        public async Task Visit<T>(BatchRegistration<T> handler)
        {
            await using var scope = handler.NeedsScope ? provider.CreateAsyncScope() : default(AsyncServiceScope?);
            var services = scope?.ServiceProvider;
            var instance = handler.Instance?.Invoke(handler.IsSingleton ? provider : services!);
            if (message.Body.IsNull) Assert.True(handler.TakesTombstones);
            var payload = message.Body.IsNull ? default! : handler.Unpack(message.Body);
            var lane = new LaneId(handler.Declared.Topic, "0", 1);
            var group = handler.Declared.Group ?? "app";
            var context = new MessageContext { Handler = handler.Name, Group = group, Lane = lane, Position = message.Position, Key = message.Key.ToNullableMemory(), Headers = message.Headers ?? Headers.Empty };
            var item = new Message<T>(payload, context);
            await handler.Dispatch(new BatchCall<T>([item, item], new BatchContext(handler.Name, group, lane, 2), instance, services, TestContext.Current.CancellationToken));
        }

        private ValueTask Dispatch<T>(HandlerRegistration<T> handler, object? instance, IServiceProvider? services)
        {
            var payload = message.Body.IsNull ? default! : handler.Unpack(message.Body);
            var site = new CallSite
            {
                Handler = handler.Name,
                Group = handler.Declared.Group ?? "app",
                Lane = new LaneId(handler.Declared.Topic, "0", 1),
                Publication = handler.Declared.PublishTo is { } topic ? new Publication(publisher!, topic) : null,
            };
            return handler.Dispatch(payload, new HandlerCall(in message, site, instance, services, TestContext.Current.CancellationToken));
        }
    }
}
