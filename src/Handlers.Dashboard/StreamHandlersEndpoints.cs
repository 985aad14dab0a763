using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Dashboard;

/// <summary>Puts the dashboard into an application.</summary>
public static class StreamHandlersEndpoints
{
    /// <summary>
    /// Maps health (<c>/health/startup</c>, <c>/health/ready</c>, <c>/health/live</c>), metrics (<c>/metrics</c>), and the page with its API
    /// (<c>/handlers</c>). Without options it shows and steers nothing: see <see cref="DashboardOptions.ControlPolicy"/>. Call it before the
    /// application starts.
    /// </summary>
    /// <param name="app">The application, whose services have <c>AddStreamHandlers()</c>.</param>
    /// <param name="configure">Sets paths and policies.</param>
    /// <returns>All routes together, for what is to hold for each: <c>.RequireHost("*:9090")</c>, <c>.RequireAuthorization()</c>.</returns>
    /// <exception cref="HandlersConfigurationException">There are no stream handlers here, a policy is named that nobody registered, or another call has mapped the same paths.</exception>
    public static IEndpointConventionBuilder MapStreamHandlers(this IEndpointRouteBuilder app, Action<DashboardOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        var options = new DashboardOptions();
        configure?.Invoke(options);
        var services = app.ServiceProvider;
        var status = services.GetService<HandlersStatus>()
            ?? throw new HandlersConfigurationException(["MapStreamHandlers() finds no stream handlers. Add them: builder.Services.AddStreamHandlers().UseKafka(...), or another transport."]);
        var grants = new Grants(options, services);
        grants.Check();

        var all = app.MapGroup("");
        var mapped = MappedPaths.Of(app, all, options);
        app.DataSources.Add(mapped);
        var lights = services.GetRequiredService<HandlersLights>();
        var metrics = services.GetRequiredService<HandlersMetrics>();
        if (options.HealthPath is { } health) MapHealth(all, health, new HealthEndpoints(lights, services));
        metrics.Keep();
        if (options.MetricsPath is { } path) all.MapMethods(path, Read, new MetricsEndpoint(metrics, options).GetAsync).WithDisplayName("Handlers metrics");
        MapPage(all, options, new Views(services, status, lights, metrics, grants));
        return mapped;
    }

    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    private static void MapHealth(RouteGroupBuilder all, string path, HealthEndpoints health)
    {
        foreach (var light in Enum.GetValues<HealthLight>())
            all.MapMethods($"{path.TrimEnd('/')}/{Words.Of(light)}", Read, http => health.GetAsync(http, light)).WithDisplayName($"Handlers {Words.Of(light)}");
    }

    private static void MapPage(RouteGroupBuilder all, DashboardOptions options, Views views)
    {
        var below = all.MapGroup(options.Path.TrimEnd('/'));
        if (options.ReadPolicy is { } read) below.RequireAuthorization(read);
        below.MapMethods("/", Read, views.Page.GetPageAsync);
        foreach (var file in views.Page.Files) below.MapMethods($"/{file}", Read, http => views.Page.GetAsync(http, file));
        below.MapMethods("/api/status", Read, views.Status.StatusAsync);
        below.MapMethods("/api/lanes", Read, views.Status.LanesAsync);
        below.MapMethods("/api/in-flight", Read, views.Status.UnderWayAsync);
        below.MapMethods("/api/failures", Read, views.Status.FailuresAsync);
        below.MapMethods("/api/letters", Read, views.Letters.GetAsync);
        if (options.ControlPolicy is not { } control) return;
        foreach (var action in Enum.GetValues<ControlAction>())
            below.MapPost($"/api/{action.ToString().ToLowerInvariant()}", http => views.Control.PostAsync(http, action)).RequireAuthorization(control);
        below.MapPost("/api/redrive/stop", views.Control.StopRedriveAsync).RequireAuthorization(control);
    }

    /// <summary>What the page and its API are made of; one for each call of <see cref="MapStreamHandlers"/>.</summary>
    private sealed class Views
    {
        public Views(IServiceProvider services, HandlersStatus status, HandlersLights lights, HandlersMetrics metrics, Grants grants)
        {
            var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
            var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Handlers.Dashboard");
            var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
            var history = new History(status, metrics, time, logger);
            lifetime.ApplicationStopped.Register(history.Dispose);
            var letters = services.GetRequiredService<DeadLetters>();
            var redrives = new Redrives(letters, logger, lifetime.ApplicationStopping);
            var board = new StatusBoard(() => status.Handlers, light => lights.LookAsync(light), time);
            Status = new StatusEndpoints(board, history, grants, redrives, services.GetRequiredService<IHostEnvironment>().ApplicationName);
            Control = new ControlEndpoints(new Steering(services.GetRequiredService<HandlersControl>(), status, redrives), redrives, board, new Tokens(time), logger);
            Letters = new LettersEndpoint(letters, grants, logger);
        }

        public PageEndpoint Page { get; } = new();

        public StatusEndpoints Status { get; }

        public ControlEndpoints Control { get; }

        public LettersEndpoint Letters { get; }
    }
}
