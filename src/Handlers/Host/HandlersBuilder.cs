using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;

namespace Handlers;

/// <summary>
/// What the generated <c>AddStreamHandlers()</c> returns: choose transports, set options. Idempotent: one builder per
/// service collection, each module once.
/// </summary>
public sealed class HandlersBuilder
{
    private readonly HandlerDeclarations declarations;
    private readonly RuntimeDeclarations runtime;

    private HandlersBuilder(IServiceCollection services, HandlerDeclarations declarations, RuntimeDeclarations runtime)
    {
        Services = services;
        this.declarations = declarations;
        this.runtime = runtime;
    }

    /// <summary>The services of the application.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The builder of a service collection; the first call adds the runtime to it.</summary>
    public static HandlersBuilder For(IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var declarations = Added<HandlerDeclarations>(services);
        var runtime = Added<RuntimeDeclarations>(services);
        if (declarations is null || runtime is null)
        {
            services.AddSingleton(declarations = new HandlerDeclarations());
            services.AddSingleton(runtime = new RuntimeDeclarations());
            services.TryAddSingleton(TimeProvider.System);
            services.AddOptions();
            AddRuntime(services);
        }

        return new HandlersBuilder(services, declarations, runtime);
    }

    private static T? Added<T>(IServiceCollection services) where T : class =>
        services.FirstOrDefault(s => s.ServiceType == typeof(T))?.ImplementationInstance as T;

    /// <summary>Adds the handlers of an assembly, unless they were added before.</summary>
    public HandlersBuilder AddModule<TModule>() where TModule : IHandlersModule
    {
        if (declarations.Modules.Add(typeof(TModule))) TModule.Register(this);
        return this;
    }

    /// <summary>Adds a handler.</summary>
    public HandlersBuilder Add(HandlerRegistration handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        declarations.Handlers.Add(handler);
        return this;
    }

    /// <summary>
    /// Adds the error of a handler that could not be emitted: the host refuses to start with it, so that no handler is left
    /// out silently, not even where its diagnostic was suppressed.
    /// </summary>
    public HandlersBuilder AddError(string id, string message)
    {
        declarations.Errors.Add($"{id}: {message}");
        return this;
    }

    /// <summary>
    /// Adds a transport under a name. Its <c>UseX</c> extension calls this. What a handler's results, retries and dead letters are published to is
    /// the transport that it reads from; the injectable <see cref="IPublisher"/> is that of the transport <c>default</c>, and that of another one is
    /// there under its name (<c>[FromKeyedServices("name")] IPublisher</c>).
    /// </summary>
    public HandlersBuilder AddTransport(string name, Func<IServiceProvider, ITransport> create)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(create);
        if (!declarations.Transports.TryAdd(name, create))
            throw new HandlersConfigurationException([$"A transport named '{name}' was added before. Give the second a name of its own, and name it in [StreamHandler(Transport = ...)]."]);
        return this;
    }

    /// <summary>
    /// Adds a pipeline that <see cref="RetryAttribute.Pipeline"/> can name. It is asked when a first call has failed, and sees the failure as
    /// the result of its first execution; a pause in it keeps one of the handler's places (<see cref="StreamHandlerAttribute.Concurrency"/>).
    /// </summary>
    public HandlersBuilder AddPipeline(string name, Action<ResiliencePipelineBuilder> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        runtime.Pipelines[name] = time =>
        {
            var pipeline = new ResiliencePipelineBuilder { TimeProvider = time };
            configure(pipeline);
            return new Retry(pipeline.Build());
        };
        return this;
    }

    /// <summary>
    /// Puts a middleware around every call of handlers, outside of those added later. Made once per lane; a factory that returns null
    /// leaves the lane as it is.
    /// </summary>
    public HandlersBuilder Use(Func<MiddlewareLane, IHandlerMiddleware?> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        runtime.Middleware.Add(create);
        return this;
    }

    /// <summary>Sets options of the runtime. Configuration (<c>Handlers:*</c>) goes before what is set here.</summary>
    public HandlersBuilder Configure(Action<HandlersOptions> configure)
    {
        Services.Configure(configure);
        return this;
    }

    /// <summary>Every transport, whatever its name, becomes this one: the test host's.</summary>
    internal void ReplaceTransports(Func<IServiceProvider, ITransport> create)
    {
        foreach (var name in declarations.Handlers.Select(h => h.Declared.Transport).Append(StreamHandlerAttribute.DefaultTransport).Concat(declarations.Transports.Keys).ToHashSet())
            declarations.Transports[name] = create;
    }

    private static void AddRuntime(IServiceCollection services)
    {
        services.TryAddSingleton(static s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s));
        services.TryAddSingleton(static s => new HandlersStatus(s.GetRequiredService<HandlersRuntime>(), s.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(static s => new HandlersControl(s.GetRequiredService<HandlersRuntime>(), s.GetRequiredService<ILogger<HandlersControl>>()));
        services.TryAddSingleton(static s => new DeadLetters(
            s.GetRequiredService<HandlersRuntime>(), s.GetRequiredService<HandlerDeclarations>(), s, s.GetRequiredService<ILogger<DeadLetters>>()));
        services.TryAddSingleton(static s => new Instruments(s.GetService<IMeterFactory>()));
        services.TryAddSingleton(static s => new HandlersMetrics(s.GetRequiredService<Instruments>()));
        services.TryAddSingleton(static s => new HandlersLights(
            s.GetRequiredService<HandlersStatus>(), s.GetRequiredService<HandlersRuntime>(), s.GetRequiredService<IOptions<HandlersOptions>>(), s.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IPublisher>(static s => Publisher(s, StreamHandlerAttribute.DefaultTransport));
        services.TryAddKeyedSingleton<IPublisher>(KeyedService.AnyKey, static (s, name) => Publisher(s, name as string ?? $"{name}"));
        services.AddSingleton<IHostedService, HandlersService>();
    }

    private static ObservedPublisher Publisher(IServiceProvider services, string transport) =>
        new(services.GetRequiredService<HandlersRuntime>().Transport(transport), services.GetRequiredService<Instruments>(), services.GetRequiredService<TimeProvider>());
}
