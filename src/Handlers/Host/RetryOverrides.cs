using Microsoft.Extensions.Configuration;

namespace Handlers;

/// <summary>Retries in configuration: <c>Handlers:{name}:Retry:*</c> of one handler, <c>Handlers:Pipelines:{name}:*</c> for several.</summary>
internal static class RetryOverrides
{
    public const string PipelinesKey = "Pipelines";

    private static readonly Dictionary<string, (Func<RetrySettings, string, RetrySettings?> Set, string Allowed)> Keys = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(RetrySettings.Attempts)] = ((s, v) => SettingsOverrides.Whole(v, 2, 1000, n => s = s with { Attempts = (int)n }) ? s : null, "a whole number from 2 to 1000"),
        [nameof(RetrySettings.Delay)] = ((s, v) => SettingsOverrides.Time(v, positive: false, t => s = s with { Delay = t }) ? s : null, Duration.Allowed),
        [nameof(RetrySettings.Backoff)] = ((s, v) => SettingsOverrides.Word<Backoff>(v, w => s = s with { Backoff = w }) ? s : null, SettingsOverrides.Words<Backoff>()),
        [nameof(RetrySettings.MaxDelay)] = ((s, v) => SettingsOverrides.Time(v, positive: true, t => s = s with { MaxDelay = t }) ? s : null, Duration.Allowed),
        [nameof(RetrySettings.Jitter)] = ((s, v) => bool.TryParse(v, out var jitter) ? s with { Jitter = jitter } : null, "true or false"),
        [nameof(RetrySettings.Pipeline)] = ((s, v) => string.IsNullOrWhiteSpace(v) ? null : s with { Pipeline = v }, "a pipeline's name"),
    };

    /// <summary>The settings with what a section says, and its errors.</summary>
    public static RetrySettings? Apply(IConfigurationSection section, RetrySettings? declared, List<string> errors)
    {
        if (string.Equals(section.Value, SettingsOverrides.None, StringComparison.OrdinalIgnoreCase)) return null;
        if (!string.IsNullOrEmpty(section.Value)) errors.Add(SettingsOverrides.Rejected(section, $"a section with keys of its own ({string.Join(", ", Keys.Keys)}), or {SettingsOverrides.None}"));
        var settings = declared ?? new RetrySettings();
        foreach (var child in section.GetChildren())
        {
            if (settings.Pipeline is not null && !string.Equals(child.Key, nameof(RetrySettings.Pipeline), StringComparison.OrdinalIgnoreCase))
                errors.Add($"Configuration {child.Path} means nothing: the retry is that of pipeline '{settings.Pipeline}'. Set Handlers:{PipelinesKey}:{settings.Pipeline}:{child.Key}.");
            else if (!Keys.TryGetValue(child.Key, out var key)) errors.Add(SettingsOverrides.Unknown(child, "setting of a retry", Keys.Keys));
            else if (key.Set(settings, child.Value ?? "") is { } changed) settings = changed;
            else errors.Add(SettingsOverrides.Rejected(child, key.Allowed));
        }

        return settings;
    }

    /// <summary>The retry of each handler that has one, by the handler's name.</summary>
    /// <param name="handlers">The handlers.</param>
    /// <param name="added">Pipelines that the application added, by name.</param>
    /// <param name="configured">The section of pipelines.</param>
    /// <param name="time">Time.</param>
    /// <param name="random">0 to 1, for jitter.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public static Dictionary<string, Retry> Build(
        IReadOnlyList<CatalogHandler> handlers, IReadOnlyDictionary<string, Func<TimeProvider, Retry>> added, IConfigurationSection configured,
        TimeProvider time, Func<double> random, List<string> errors)
    {
        var settings = configured.GetChildren().ToDictionary(s => s.Key, s => Named(s, added, errors), StringComparer.Ordinal);
        foreach (var unused in settings.Keys.Where(name => !handlers.Any(h => h.Settings.Retry?.Pipeline == name)))
            errors.Add($"Configuration {configured.Path}:{unused} means nothing: no handler retries by pipeline '{unused}'.{Closest.Hint(unused, handlers.Select(h => h.Settings.Retry?.Pipeline).OfType<string>())}");
        var retries = new Dictionary<string, Retry>(StringComparer.Ordinal);
        foreach (var handler in handlers)
        {
            if (handler.Settings.Retry is not { } retry) continue;
            if (retry.Pipeline is not { } name) retries[handler.Registration.Name] = Retry.Of(retry, time, random);
            else if (added.TryGetValue(name, out var make)) retries[handler.Registration.Name] = make(time);
            else if (settings.TryGetValue(name, out var named)) retries[handler.Registration.Name] = Retry.Of(named with { On = retry.On, Except = retry.Except }, time, random);
            else errors.Add($"Handler '{handler.Registration.Name}' retries by pipeline '{name}', which there is not: add it with AddPipeline(\"{name}\", ...) or under Handlers:Pipelines:{name}.{Closest.Hint(name, added.Keys.Concat(settings.Keys))}");
        }

        return retries;
    }

    private static RetrySettings Named(IConfigurationSection section, IReadOnlyDictionary<string, Func<TimeProvider, Retry>> added, List<string> errors)
    {
        if (added.ContainsKey(section.Key)) errors.Add($"Configuration {section.Path} means nothing: the application adds a pipeline of that name itself. Rename one of them.");
        var settings = Apply(section, declared: null, errors) ?? new RetrySettings();
        if (settings.Pipeline is not null) errors.Add($"Configuration {section.Path}:{nameof(RetrySettings.Pipeline)} means nothing: a pipeline is not made of another.");
        return settings;
    }
}
