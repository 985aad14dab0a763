using Microsoft.Extensions.Configuration;

namespace Handlers.Tool;

/// <summary>What counts where an application runs with some configuration: resolved by the runtime's own code, so that both say the same.</summary>
internal static class Effective
{
    public static Topology Apply(Topology topology, IConfiguration configuration, List<string> errors)
    {
        var overrides = new SettingsOverrides(configuration.GetSection("Handlers"), errors);
        overrides.Apply(new HandlersOptions(), [.. topology.Handlers.Select(h => h.Name)]);
        overrides.CheckTopics([.. topology.Handlers.SelectMany(h => new[] { h.Declared.Topic, h.Declared.PublishTo, h.Declared.DeadLetter }).OfType<string>().Distinct()]);
        return topology with { Handlers = [.. topology.Handlers.Select(h => h.Errors.Count > 0 ? h : Apply(h, overrides, topology.Application))] };
    }

    private static TopologyHandler Apply(TopologyHandler handler, SettingsOverrides overrides, string application) =>
        overrides.Resolve(handler.Name, handler.Declared, application) is { } settings
            ? handler with { Settings = settings, IsEnabled = true }
            : handler with { Settings = handler.Declared with { Group = handler.Declared.Group ?? application }, IsEnabled = false };
}
