using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace Handlers.Dashboard;

/// <summary>
/// All routes of one call of <see cref="StreamHandlersEndpoints.MapStreamHandlers"/>: for what is to hold for each, and among the application's routes, where a second
/// call finds what the first mapped. Two routes of one path would fail each request to them.
/// </summary>
internal sealed class MappedPaths(RouteGroupBuilder all, IReadOnlyList<string> paths) : EndpointDataSource, IEndpointConventionBuilder
{
    private bool hasConditions; // a host or a port may tell it from others

    /// <summary>None of its own: those of the group are where the group is.</summary>
    public override IReadOnlyList<Endpoint> Endpoints => [];

    public override IChangeToken GetChangeToken() => NullChangeToken.Singleton;

    public void Add(Action<EndpointBuilder> convention)
    {
        hasConditions = true;
        ((IEndpointConventionBuilder)all).Add(convention);
    }

    public void Finally(Action<EndpointBuilder> finalConvention) => ((IEndpointConventionBuilder)all).Finally(finalConvention);

    /// <summary>What is to be mapped, and is not there yet.</summary>
    /// <exception cref="HandlersConfigurationException">It is there already.</exception>
    public static MappedPaths Of(IEndpointRouteBuilder app, RouteGroupBuilder all, DashboardOptions options)
    {
        var paths = new[] { options.Path, options.HealthPath, options.MetricsPath }.OfType<string>().Select(static p => '/' + p.Trim('/')).ToList();
        var twice = app.DataSources.OfType<MappedPaths>().Where(static m => !m.hasConditions).SelectMany(static m => m.Paths).Intersect(paths, StringComparer.OrdinalIgnoreCase).ToList();
        if (twice.Count > 0)
            throw new HandlersConfigurationException([
                $"MapStreamHandlers() was called before and has mapped {string.Join(", ", twice)} already. Call it once; or give each call paths of its own (Path, HealthPath and MetricsPath; null leaves health or metrics out), "
                + "or tell the first apart by its host: MapStreamHandlers().RequireHost(\"*:9090\")."]);
        return new MappedPaths(all, paths);
    }

    private IReadOnlyList<string> Paths => paths;
}
