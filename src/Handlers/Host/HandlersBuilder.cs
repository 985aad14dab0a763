using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Handlers;

/// <summary>
/// What the generated <c>AddStreamHandlers()</c> returns: choose transports, set options. Idempotent: one builder per
/// service collection, each module once.
/// </summary>
public sealed class HandlersBuilder
{
    private readonly HandlerDeclarations declarations;

    private HandlersBuilder(IServiceCollection services, HandlerDeclarations declarations)
    {
        Services = services;
        this.declarations = declarations;
    }

    /// <summary>The services of the application.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The builder of a service collection; the first call adds the runtime to it.</summary>
    public static HandlersBuilder For(IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var declarations = services.FirstOrDefault(s => s.ServiceType == typeof(HandlerDeclarations))?.ImplementationInstance as HandlerDeclarations;
        if (declarations is null)
        {
            declarations = new HandlerDeclarations();
            services.AddSingleton(declarations);
            services.TryAddSingleton(TimeProvider.System);
            services.AddOptions();
            AddRuntime(services);
        }

        return new HandlersBuilder(services, declarations);
    }

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

    /// <summary>Adds a transport under a name. Its <c>UseX</c> extension calls this.</summary>
    public HandlersBuilder AddTransport(string name, Func<IServiceProvider, ITransport> create)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(create);
        if (!declarations.Transports.TryAdd(name, create))
            throw new HandlersConfigurationException([$"A transport named '{name}' was added before. Give the second a name of its own, and name it in [StreamHandler(Transport = ...)]."]);
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
        services.TryAddSingleton(static s => s.GetRequiredService<HandlersRuntime>().Transport(StreamHandlerAttribute.DefaultTransport).Publisher);
        services.AddSingleton<IHostedService, HandlersService>();
    }
}
