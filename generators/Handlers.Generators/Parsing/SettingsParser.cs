using System.Globalization;
using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>What the attributes of a handler say.</summary>
internal static class SettingsParser
{
    // The most that a timer takes, 2^32 - 2 ms.
    private const double MostSeconds = 4294967;

    private const int MostConcurrency = 100_000;
    private const int MostInBatch = 100_000;

    private static readonly string[] Moments =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>The handler's name: the attribute's, or types and method without the namespace.</summary>
    public static string Name(IMethodSymbol method, AttributeData attribute) =>
        attribute.Text("Name") is { } name && IsName(name, attribute) ? name : DefaultName(method);

    public static SettingsModel Parse(IMethodSymbol method, AttributeData attribute, Findings findings, CancellationToken stop)
    {
        if (attribute.Text("Name") is { } name && !IsName(name, attribute)) findings.Add(Rules.InvalidName, Places.Argument(attribute, "Name", stop), name);
        var batch = method.Attribute("Handlers", "BatchAttribute");
        var settings = new SettingsModel
        {
            Topic = First(attribute, Rules.EmptyTopic, findings, stop) ?? "",
            Group = attribute.NotEmpty("Group", "the application's name", findings, stop),
            Transport = attribute.NotEmpty("Transport", "the default one", findings, stop),
            Ordering = Member("Ordering"),
            Concurrency = Count(attribute, "Concurrency", MostConcurrency, Rules.Concurrency, findings, stop),
            Commit = Member("Commit"),
            OnInvalid = Member("OnInvalid"),
            OnFailure = Member("OnFailure"),
            OnUnmatched = Member("OnUnmatched"),
            Start = Member("Start"),
            StartAt = StartAt(attribute, findings, stop),
            TimeLimitSeconds = TimeLimit(attribute, findings, stop),
            PublishTo = First(method.Attribute("Handlers", "PublishToAttribute"), Rules.EmptyPublishTo, findings, stop),
            Retry = RetryParser.Retry(method, findings, stop),
            RetryTopics = RetryParser.Topics(method, findings, stop),
            DeadLetter = First(method.Attribute("Handlers", "DeadLetterAttribute"), Rules.EmptyDeadLetter, findings, stop),
            BatchSize = batch is null ? null : Count(batch, "Size", MostInBatch, Rules.BatchSize, findings, stop),
            BatchTime = batch is null ? null : Durations.Parse(batch, "Time", findings, stop),
            CircuitBreaker = First(method.Attribute("Handlers", "CircuitBreakerAttribute"), Rules.EmptyHealthCheck, findings, stop),
            MessageType = attribute.NotEmpty("MessageType", "every type", findings, stop),
            TypeFrom = Member("TypeFrom"),
            TypeName = attribute.NotEmpty("TypeName", "the default one", findings, stop),
        };
        return TypeParser.Apply(Preset(settings, Member("Preset")), method);

        string? Member(string property) => attribute.Member(property, findings, stop);
    }

    // What is written beside a preset goes before it. Stop is what InOrder means, unless dead letters are asked for, or messages are
    // committed on reading and cannot come again.
    private static SettingsModel Preset(SettingsModel settings, string? preset) => preset switch
    {
        "InOrder" => settings with
        {
            Ordering = settings.Ordering ?? "Lane",
            Commit = settings.Commit ?? "EachMessage",
            OnFailure = settings.OnFailure ?? (settings.DeadLetter is not null || settings.Commit == "OnRead" ? null : "Stop"),
        },
        "Fast" => settings with { Ordering = settings.Ordering ?? "None", Commit = settings.Commit ?? "Watermark" },
        _ => settings,
    };

    // A name that is the constructor's first argument; null without the attribute.
    private static string? First(AttributeData? attribute, DiagnosticDescriptor empty, Findings findings, CancellationToken stop)
    {
        if (attribute is null) return null;
        var text = attribute.FirstText() ?? "";
        if (string.IsNullOrWhiteSpace(text)) findings.Add(empty, Places.FirstArgument(attribute, stop));
        return text;
    }

    // A zero that is written is no default: nobody writes it and means sixteen.
    private static int? Count(AttributeData attribute, string property, int most, DiagnosticDescriptor rule, Findings findings, CancellationToken stop)
    {
        if (attribute.Argument(property) is not { Value: int count }) return null;
        if (count < 1 || count > most) findings.Add(rule, Places.Argument(attribute, property, stop), $"{count}");
        return count;
    }

    private static long? StartAt(AttributeData attribute, Findings findings, CancellationToken stop)
    {
        var byTime = attribute.Argument("Start") is { Value: int start } && start == StartFromTime(attribute);
        if (attribute.Text("StartAt") is not { } text)
        {
            if (byTime) findings.Add(Rules.StartAt, Places.Argument(attribute, "Start", stop), "Start = Time needs StartAt, the moment in ISO 8601 such as 2026-01-31T00:00:00Z");
            return null;
        }

        if (!byTime) findings.Add(Rules.StartAt, Places.Argument(attribute, "StartAt", stop), "StartAt has no effect without Start = Time");
        if (DateTimeOffset.TryParseExact(text, Moments, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)) return moment.UtcTicks;
        findings.Add(Rules.StartAt, Places.Argument(attribute, "StartAt", stop), $"StartAt '{text}' is no moment in ISO 8601 such as 2026-01-31T00:00:00Z");
        return null;
    }

    private static int? StartFromTime(AttributeData attribute) =>
        attribute.Argument("Start")?.Type?.GetMembers("Time").OfType<IFieldSymbol>().FirstOrDefault()?.ConstantValue as int?;

    private static double TimeLimit(AttributeData attribute, Findings findings, CancellationToken stop)
    {
        if (attribute.Argument("TimeLimitSeconds") is not { Value: double seconds }) return 0;
        if (seconds is >= 0 and < MostSeconds) return seconds;
        findings.Add(Rules.TimeLimit, Places.Argument(attribute, "TimeLimitSeconds", stop), seconds.ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    // A section of the configuration, Handlers:{Name}:{Property}, beside Handlers:Topics and the options of the runtime.
    private static bool IsName(string name, AttributeData attribute) =>
        !string.IsNullOrWhiteSpace(name) && !name.Contains(':') && !Sections.Contains(name, StringComparer.OrdinalIgnoreCase)
        && attribute.AttributeClass?.ContainingAssembly.GetTypeByMetadataName("Handlers.HandlersOptions")?.GetMembers()
            .Any(m => m is IPropertySymbol && string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase)) is not true;

    private static readonly string[] Sections = ["Topics", "Pipelines"];

    private static string DefaultName(IMethodSymbol method) => method.ContainingType is { } type
        ? string.Join(".", type.Nesting().Select(t => t.Name).Append(method.MethodKind == MethodKind.AnonymousFunction ? "lambda" : method.Name))
        : method.Name;
}
