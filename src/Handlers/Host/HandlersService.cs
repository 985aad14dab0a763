using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Handlers;

/// <summary>
/// Starts and stops the subscriptions with the host. Everything that can be wrong is checked before anything is read; lanes
/// begin when the other services of the host have started, and stop before those do.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "The host constructs it.")]
internal sealed class HandlersService(
    HandlerDeclarations declarations,
    RuntimeDeclarations added,
    HandlersRuntime runtime,
    IServiceProvider services,
    IHostEnvironment environment,
    IHostApplicationLifetime lifetime,
    IConfiguration configuration,
    IOptions<HandlersOptions> configured,
    ILogger<HandlersService> logger) : IHostedLifecycleService
{
    private readonly TimeProvider time = services.GetRequiredService<TimeProvider>();
    private readonly Instruments instruments = services.GetRequiredService<Instruments>();
    private readonly StopPlan stop = new(services.GetRequiredService<TimeProvider>());
    private readonly List<Task> running = [];
    private readonly HandlersOptions options = configured.Value;
    private IReadOnlyDictionary<string, Retry> retries = new Dictionary<string, Retry>(); // set once, at start
    private Subscriber? subscriber;                                                       // the same

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var catalog = Check();
        instruments.Observe(new RuntimeReadings(runtime), options.CompatibilityMetrics ? options.CompatibilityClientName : null);
        CheckPatterns(catalog);
        subscriber = new Subscriber(runtime, services, added, options, retries, instruments, time, stop, logger);
        foreach (var group in catalog.Groups)
            runtime.Add(await subscriber.SubscribeAsync(group, cancellationToken));
        if (catalog.Groups.Count == 0) logger.NoHandlers();
        else logger.Started(catalog.Handlers.Count(), catalog.Groups.Count);
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var subscription in runtime.Subscriptions)
            running.Add(runtime.StartWork(() => RunAsync(subscription)));
        if (running.Count > 0) running.Add(runtime.StartWork(() => new CircuitBreakers(services, runtime, options.CircuitBreakerInterval, time, logger).RunAsync(stop.Intake)));
        runtime.HasStarted = true;
        return Task.CompletedTask;
    }

    /// <summary>Before the other services stop, so that handlers still have them.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        runtime.IsStopping = true;
        runtime.HasStopped = running.Count == 0;
        if (running.Count == 0) return;
        logger.Stopping(options.StopBudget * options.DrainShare);
        var began = time.GetTimestamp();
        using var interrupt = OnSecondSignal(PosixSignal.SIGINT);
        using var terminate = OnSecondSignal(PosixSignal.SIGTERM);
        using var impatient = cancellationToken.UnsafeRegister(static s => ((StopPlan)s!).BeginAtOnce(), stop);
        stop.Begin(options.StopBudget, options.DrainShare);
        await Task.WhenAll(running);
        runtime.HasStopped = true;
        logger.Stopped(time.GetElapsedTime(began));
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private HandlerCatalog Check()
    {
        var errors = new List<string>(declarations.Errors);
        var overrides = new SettingsOverrides(configuration.GetSection("Handlers"), errors);
        var handlers = declarations.Handlers;
        overrides.Apply(options, [.. handlers.Select(h => h.Name)]);
        HandlersOptionsCheck.Check(options, errors);
        overrides.CheckTopics([.. handlers.SelectMany(h => new[] { h.Declared.Topic, h.Declared.PublishTo, h.Declared.DeadLetter }).OfType<string>().Distinct()]);

        var resolved = new List<CatalogHandler>();
        foreach (var handler in handlers)
            if (overrides.Resolve(handler, environment.ApplicationName) is { } settings && declarations.Only?.Contains(handler.Name) is not false)
                resolved.Add(new CatalogHandler(handler, settings));
        var catalog = HandlerCatalog.Build(resolved, declarations.Transports.Keys, errors);
        if (options.CheckNames) NamesCheck.Check(resolved, errors);
        retries = RetryOverrides.Build(resolved, added.Pipelines, configuration.GetSection("Handlers").GetSection(RetryOverrides.PipelinesKey), time, runtime.Random, errors);
        CircuitBreakers.Check(services, resolved, errors);
        CheckServices(resolved, errors);
        if (errors.Count > 0) throw new HandlersConfigurationException(errors);

        foreach (var handler in resolved.Where(h => h.Registration.IsSingleton))
            handler.Singleton = handler.Registration.Instance?.Invoke(services);
        return catalog;
    }

    /// <summary>Which transports take a pattern only they know, so they are made for it.</summary>
    private void CheckPatterns(HandlerCatalog catalog)
    {
        var errors = catalog.Handlers.Where(h => TopicPattern.IsPattern(h.Settings.Topic) && !runtime.Transport(h.Settings.Transport).HasPatterns).Select(h =>
            $"Handler '{h.Registration.Name}' reads the topics that '{h.Settings.Topic}' matches, and transport '{h.Settings.Transport}' ({runtime.Transport(h.Settings.Transport).System}) takes names alone. " +
            $"Name one topic in [StreamHandler(\"...\")] or in Handlers:{h.Registration.Name}:Topic, or use a transport that takes patterns, such as Kafka.").ToList();
        if (errors.Count > 0) throw new HandlersConfigurationException(errors);
    }

    private void CheckServices(List<CatalogHandler> handlers, List<string> errors)
    {
        if (services.GetService<IServiceProviderIsService>() is not { } known) return;
        foreach (var handler in handlers)
        {
            foreach (var service in handler.Registration.RequiredServices.Where(s => !known.IsService(s)))
                errors.Add($"Handler '{handler.Registration.Name}' needs {service}, which is not registered. Add it to the services, or make the parameter nullable.");
        }
    }

    private async Task RunAsync(SubscriptionLoop subscription)
    {
        if (await new Restarts(runtime, subscriber!, time, logger, stop.Intake).RunAsync(subscription) is not { } failure) return;
        if (failure is HandlerFailedException { InnerException: StopProcessingException })
        {
            logger.StopAsked(subscription.Group.Group, failure.Message);
            lifetime.StopApplication();
            return;
        }

        runtime.Failed(failure);
        if (options.OnSubscriptionFailure == SubscriptionFailure.KeepOthers)
        {
            logger.SubscriptionFailedAlone(failure, subscription.Group.Group, failure.Message);
            return;
        }

        logger.SubscriptionFailed(failure, subscription.Group.Group, failure.Message);
        runtime.SetExitCode(1);
        lifetime.StopApplication();
    }

    private PosixSignalRegistration? OnSecondSignal(PosixSignal signal)
    {
        // Only where signals are what stops the host: not in a test host, not under a service manager of its own.
        if (!runtime.OwnsProcess) return null;
        return PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            logger.StoppingNow();
            stop.BeginAtOnce();
        });
    }
}
