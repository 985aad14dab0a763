using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Handlers;

/// <summary>
/// What configuration says under <c>Handlers</c>: options of the runtime, <c>Topics:{declared} = {actual}</c>, and settings of
/// a handler by its name. Read by hand: no reflection, and every key that means nothing is an error that names the closest
/// one that does.
/// </summary>
internal sealed class SettingsOverrides(IConfigurationSection section, List<string> errors)
{
    /// <summary>Takes away what an attribute says, where nothing may be there.</summary>
    public const string None = "None";

    private const string TopicsKey = "Topics";

    private static readonly string[] Iso8601 = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    private static readonly Dictionary<string, Func<HandlersOptions, string, bool>> Options = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(HandlersOptions.CommitInterval)] = (o, v) => Time(v, positive: true, t => o.CommitInterval = t),
        [nameof(HandlersOptions.TransactionInterval)] = (o, v) => Time(v, positive: true, t => o.TransactionInterval = t),
        [nameof(HandlersOptions.StopBudget)] = (o, v) => Time(v, positive: false, t => o.StopBudget = t),
        [nameof(HandlersOptions.RevokeBudget)] = (o, v) => Time(v, positive: false, t => o.RevokeBudget = t),
        [nameof(HandlersOptions.DrainShare)] = (o, v) => Number(v, 0, 1, n => o.DrainShare = n),
        [nameof(HandlersOptions.BatchSize)] = (o, v) => Whole(v, 1, 1_000_000, n => o.BatchSize = (int)n),
        [nameof(HandlersOptions.BatchBytes)] = (o, v) => Whole(v, 1, long.MaxValue, n => o.BatchBytes = n),
        [nameof(HandlersOptions.MaxUncommitted)] = (o, v) => Whole(v, 1, 10_000_000, n => o.MaxUncommitted = (int)n),
        [nameof(HandlersOptions.StuckAfter)] = (o, v) => Time(v, positive: true, t => o.StuckAfter = t),
        [nameof(HandlersOptions.CircuitBreakerInterval)] = (o, v) => Time(v, positive: true, t => o.CircuitBreakerInterval = t),
        [nameof(HandlersOptions.CommitAttempts)] = (o, v) => Whole(v, 1, 1000, n => o.CommitAttempts = (int)n),
        [nameof(HandlersOptions.CompatibilityMetrics)] = (o, v) => Truth(v, yes => o.CompatibilityMetrics = yes),
        [nameof(HandlersOptions.CompatibilityClientName)] = (o, v) => (o.CompatibilityClientName = v) == v,
        [nameof(HandlersOptions.LatencyHeader)] = (o, v) => Named(v) && (o.LatencyHeader = v) == v,
        [nameof(HandlersOptions.LatencyField)] = (o, v) => Named(v) && (o.LatencyField = v) == v,
        [nameof(HandlersOptions.TraceKeys)] = (o, v) => Truth(v, yes => o.TraceKeys = yes),
        [nameof(HandlersOptions.SpansPerSecond)] = (o, v) => Whole(v, 0, 1_000_000, n => o.SpansPerSecond = (int)n),
        [nameof(HandlersOptions.OnSubscriptionFailure)] = (o, v) => Word<SubscriptionFailure>(v, w => o.OnSubscriptionFailure = w),
        [nameof(HandlersOptions.CheckNames)] = (o, v) => Truth(v, yes => o.CheckNames = yes),
    };

    private static readonly Dictionary<string, Func<HandlerSettings, string, HandlerSettings?>> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Enabled"] = (s, v) => bool.TryParse(v, out _) ? s : null,
        [nameof(HandlerSettings.Topic)] = (s, v) => Named(v) ? s with { Topic = v } : null,
        [nameof(HandlerSettings.Group)] = (s, v) => Named(v) ? s with { Group = v } : null,
        [nameof(HandlerSettings.Transport)] = (s, v) => Named(v) ? s with { Transport = v } : null,
        [nameof(HandlerSettings.PublishTo)] = (s, v) => Named(v) && s.PublishTo is not null ? s with { PublishTo = v } : null,
        [nameof(HandlerSettings.Ordering)] = (s, v) => Word<Ordering>(v, w => s = s with { Ordering = w }) ? s : null,
        [nameof(HandlerSettings.Commit)] = (s, v) => Word<Commit>(v, w => s = s with { Commit = w }) ? s : null,
        [nameof(HandlerSettings.OnInvalid)] = (s, v) => Word<InvalidMessage>(v, w => s = s with { OnInvalid = w }) ? s : null,
        [nameof(HandlerSettings.OnFailure)] = (s, v) => Word<FailedHandler>(v, w => s = s with { OnFailure = w }) ? s : null,
        [nameof(HandlerSettings.Start)] = (s, v) => Word<StartFrom>(v, w => s = s with { Start = w }) ? s : null,
        [nameof(HandlerSettings.StartAt)] = (s, v) =>
            Moment(v, out var at) ? s with { Start = StartFrom.Time, StartAt = at } : null,
        [nameof(HandlerSettings.Concurrency)] = (s, v) => Whole(v, 1, 100_000, n => s = s with { Concurrency = (int)n }) ? s : null,
        [nameof(HandlerSettings.DeadLetter)] = (s, v) => Named(v) ? s with { DeadLetter = NoneOr(v) } : null,
        [nameof(HandlerSettings.OnUnmatched)] = (s, v) => Word<UnmatchedType>(v, w => s = s with { OnUnmatched = w }) ? s : null,
        [nameof(HandlerSettings.RetryTopics)] = (s, v) => Times(v, t => s = s with { RetryTopics = t }) ? s : null,
        [nameof(HandlerSettings.BatchSize)] = (s, v) => Whole(v, 1, 100_000, n => s = s with { BatchSize = (int)n }) ? s : null,
        [nameof(HandlerSettings.BatchTime)] = (s, v) => Time(v, positive: true, t => s = s with { BatchTime = t }) ? s : null,
        [nameof(HandlerSettings.CircuitBreaker)] = (s, v) => Named(v) ? s with { CircuitBreaker = NoneOr(v) } : null,
        [nameof(HandlerSettings.TimeLimit)] = (s, v) => Time(v, positive: true, t => s = s with { TimeLimit = t }) ? s : null,
        [nameof(StreamHandlerAttribute.TimeLimitSeconds)] = (s, v) => Time(v, positive: true, t => s = s with { TimeLimit = t }) ? s : null,
    };

    /// <summary>Sets what configuration says of the runtime, and reports keys that mean nothing.</summary>
    public void Apply(HandlersOptions options, IReadOnlyCollection<string> handlers)
    {
        foreach (var child in section.GetChildren())
        {
            if (Options.TryGetValue(child.Key, out var set))
            {
                if (child.Value is { } value && !set(options, value)) errors.Add(Rejected(child, Allowed(child.Key)));
                foreach (var below in child.GetChildren()) errors.Add($"Configuration {below.Path} means nothing: {child.Path} is one value, {Allowed(child.Key)}.");
            }
            else if (string.Equals(child.Key, TopicsKey, StringComparison.OrdinalIgnoreCase) || string.Equals(child.Key, RetryOverrides.PipelinesKey, StringComparison.OrdinalIgnoreCase) || handlers.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                if (!string.IsNullOrEmpty(child.Value)) errors.Add(Rejected(child, "a section with keys of its own"));
            }
            else
            {
                errors.Add(child.Value is null ? Unknown(child, "handler", handlers) : Unknown(child, "option", Options.Keys));
            }
        }
    }

    /// <summary>Reports topic mappings that no handler has a use for.</summary>
    public void CheckTopics(IReadOnlyCollection<string> declared)
    {
        foreach (var child in section.GetSection(TopicsKey).GetChildren())
        {
            if (!declared.Contains(child.Key, StringComparer.Ordinal)) errors.Add(Unknown(child, "topic that a handler declares", declared));
            else if (!Named(child.Value)) errors.Add(Rejected(child, "a topic's name"));
        }
    }

    /// <summary>The settings that count for one handler; null where configuration disables it.</summary>
    public HandlerSettings? Resolve(HandlerRegistration handler, string applicationName) => Resolve(handler.Name, handler.Declared, applicationName);

    /// <summary>The same of a handler that is known by its name and by what its attributes say, as the tool knows it.</summary>
    public HandlerSettings? Resolve(string name, HandlerSettings declared, string applicationName)
    {
        var settings = declared;
        settings = settings with { Topic = Mapped(settings.Topic), PublishTo = Mapped(settings.PublishTo), DeadLetter = Mapped(settings.DeadLetter) };
        var enabled = true;
        foreach (var child in section.GetSection(name).GetChildren())
        {
            if (string.Equals(child.Key, nameof(HandlerSettings.Retry), StringComparison.OrdinalIgnoreCase))
                settings = settings with { Retry = RetryOverrides.Apply(child, settings.Retry, errors) };
            else if (!Settings.TryGetValue(child.Key, out var set)) errors.Add(Unknown(child, "setting of a handler", Settings.Keys.Append(nameof(HandlerSettings.Retry))));
            else if (set(settings, Text(child)) is { } changed) settings = changed;
            else errors.Add(Rejected(child, Allowed(child.Key)));
            if (string.Equals(child.Key, "Enabled", StringComparison.OrdinalIgnoreCase)) enabled = !bool.TryParse(child.Value, out var yes) || yes;
        }

        if (settings.OnInvalid == InvalidMessage.Default)
            settings = settings with { OnInvalid = settings.DeadLetter is null ? InvalidMessage.Skip : InvalidMessage.DeadLetter };
        if (settings.OnFailure == FailedHandler.Default)
            settings = settings with { OnFailure = settings.DeadLetter is not null ? FailedHandler.DeadLetter : settings.Commit == Commit.OnRead ? FailedHandler.Skip : FailedHandler.Stop };
        HandlersOptionsCheck.Check(name, settings.TimeLimit, errors);
        if (settings.Start == StartFrom.Time && settings.StartAt is null) errors.Add($"Handler '{name}' starts at a time, but StartAt does not say which.");
        return enabled ? settings with { Group = settings.Group ?? applicationName } : null;
    }

    [return: NotNullIfNotNull(nameof(topic))]
    private string? Mapped(string? topic) => topic is null ? null : section.GetSection(TopicsKey).GetChildren().FirstOrDefault(c => c.Key == topic)?.Value ?? topic;

    internal static string Rejected(IConfigurationSection child, string allowed) =>
        $"Configuration {child.Path} is '{child.Value}', which is not {allowed}.";

    internal static string Unknown(IConfigurationSection child, string kind, IEnumerable<string> known) =>
        $"Configuration {child.Path} names no {kind}.{Closest.Hint(child.Key, known)}";

    private static string Allowed(string key) => Options.Keys.Concat(Settings.Keys).First(k => string.Equals(k, key, StringComparison.OrdinalIgnoreCase)) switch
    {
        nameof(HandlersOptions.DrainShare) => "a number from 0 to 1",
        nameof(HandlersOptions.BatchBytes) => "a whole number above 0",
        nameof(HandlersOptions.BatchSize) => "a whole number from 1 to 1000000 (of a handler of lists: to 100000)",
        nameof(HandlersOptions.CommitAttempts) => "a whole number from 1 to 1000",
        nameof(HandlersOptions.MaxUncommitted) => "a whole number from 1 to 10000000",
        nameof(HandlersOptions.SpansPerSecond) => "a whole number from 0 to 1000000",
        nameof(HandlerSettings.Concurrency) => "a whole number from 1 to 100000",
        nameof(HandlerSettings.OnUnmatched) => Words<UnmatchedType>(),
        nameof(HandlerSettings.RetryTopics) => $"lengths of time with commas between (5s, 1m, 10m), or {None}",
        nameof(HandlerSettings.DeadLetter) => $"a topic's name, or {None}",
        nameof(HandlerSettings.CircuitBreaker) => $"the name of a health check, or {None}",
        nameof(HandlersOptions.OnSubscriptionFailure) => Words<SubscriptionFailure>(),
        nameof(HandlerSettings.Ordering) => Words<Ordering>(),
        nameof(HandlerSettings.Commit) => Words<Commit>(),
        nameof(HandlerSettings.OnInvalid) => Words<InvalidMessage>(),
        nameof(HandlerSettings.OnFailure) => Words<FailedHandler>(),
        nameof(HandlerSettings.Start) => Words<StartFrom>(),
        nameof(HandlerSettings.StartAt) => "a time in ISO 8601 (2026-01-31T00:00:00Z)",
        nameof(HandlerSettings.PublishTo) => "a topic for a handler that publishes results",
        "Enabled" or nameof(HandlersOptions.TraceKeys) or nameof(HandlersOptions.CheckNames) or nameof(HandlersOptions.CompatibilityMetrics) => "true or false",
        nameof(HandlersOptions.CommitInterval) or nameof(HandlersOptions.TransactionInterval) or nameof(HandlersOptions.StopBudget) or nameof(HandlersOptions.RevokeBudget) or nameof(HandlerSettings.TimeLimit)
            or nameof(HandlerSettings.BatchTime) or nameof(HandlersOptions.StuckAfter) or nameof(HandlersOptions.CircuitBreakerInterval)
            or nameof(StreamHandlerAttribute.TimeLimitSeconds) => Duration.Allowed + (key is nameof(HandlersOptions.StopBudget) or nameof(HandlersOptions.RevokeBudget) ? "" : " above zero"),
        _ => "a name",
    };

    internal static string Words<T>() where T : struct, Enum => string.Join(" or ", Enum.GetNames<T>());

    /// <summary>The value of a key; where a list may be, as JSON writes one, its items with commas between.</summary>
    private static string Text(IConfigurationSection child) => child.Value ?? (!string.Equals(child.Key, nameof(HandlerSettings.RetryTopics), StringComparison.OrdinalIgnoreCase) ? "" : string.Join(",", child.GetChildren().Select(static item => item.Value)));

    private static string? NoneOr(string value) => string.Equals(value, None, StringComparison.OrdinalIgnoreCase) ? null : value;

    private static bool Named(string? value) => !string.IsNullOrWhiteSpace(value);

    private static bool Truth(string value, Action<bool> set)
    {
        if (!bool.TryParse(value, out var truth)) return false;
        set(truth);
        return true;
    }

    internal static bool Word<T>(string value, Action<T> set) where T : struct, Enum
    {
        // Enum.TryParse takes numbers too, which no reader of a configuration would understand.
        if (!Enum.TryParse<T>(value, ignoreCase: true, out var word) || !Enum.GetNames<T>().Contains(value, StringComparer.OrdinalIgnoreCase)) return false;
        set(word);
        return true;
    }

    internal static bool Time(string value, bool positive, Action<TimeSpan> set)
    {
        if (!Duration.TryParse(value, out var time) || (positive && time == TimeSpan.Zero)) return false;
        set(time);
        return true;
    }

    /// <summary>A time in ISO 8601; without a zone it is UTC.</summary>
    internal static bool Moment(string value, out DateTimeOffset moment) =>
        DateTimeOffset.TryParseExact(value, Iso8601, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out moment);

    private static bool Times(string value, Action<IReadOnlyList<TimeSpan>> set)
    {
        var times = new List<TimeSpan>();
        if (NoneOr(value) is not null && !value.Split(',').All(text => Time(text, positive: true, times.Add))) return false;
        set(times);
        return true;
    }

    private static bool Number(string value, double least, double most, Action<double> set)
    {
        if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !(number >= least && number <= most)) return false;
        set(number);
        return true;
    }

    internal static bool Whole(string value, long least, long most, Action<long> set)
    {
        if (!long.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) || number < least || number > most) return false;
        set(number);
        return true;
    }
}
