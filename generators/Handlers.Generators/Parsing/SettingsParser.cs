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

    private static readonly string[] Moments =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>The handler's name: the attribute's, or types and method without the namespace.</summary>
    public static string Name(IMethodSymbol method, AttributeData attribute) =>
        Text(attribute, "Name") is { } name && IsName(name) ? name : DefaultName(method);

    public static SettingsModel Parse(IMethodSymbol method, AttributeData attribute, Findings findings, CancellationToken stop)
    {
        var topic = FirstText(attribute);
        if (string.IsNullOrWhiteSpace(topic)) findings.Add(Rules.EmptyTopic, Places.FirstArgument(attribute, stop));
        if (Text(attribute, "Name") is { } name && !IsName(name)) findings.Add(Rules.InvalidName, Places.Argument(attribute, "Name", stop), name);
        var publishTo = method.Attribute("Handlers", "PublishToAttribute");
        if (publishTo is not null && string.IsNullOrWhiteSpace(FirstText(publishTo))) findings.Add(Rules.EmptyPublishTo, Places.FirstArgument(publishTo, stop));
        var commit = Member("Commit");
        return new SettingsModel
        {
            Topic = topic ?? "",
            Group = NotEmpty("Group", "the application's name"),
            Transport = NotEmpty("Transport", "the default one"),
            Ordering = Member("Ordering"),
            Commit = commit,
            OnInvalid = Member("OnInvalid"),
            // What was committed on reading cannot come again, so the default, Stop, has no meaning with it.
            OnFailure = Member("OnFailure") ?? (commit == "OnRead" ? "Skip" : null),
            Start = Member("Start"),
            StartAt = StartAt(attribute, findings, stop),
            TimeLimitSeconds = TimeLimit(attribute, findings, stop),
            PublishTo = publishTo is null ? null : FirstText(publishTo) ?? "",
        };

        string? NotEmpty(string property, string otherwise)
        {
            if (Text(attribute, property) is not { } text) return null;
            if (string.IsNullOrWhiteSpace(text)) findings.Add(Rules.EmptyGroup, Places.Argument(attribute, property, stop), property, otherwise);
            return text;
        }

        string? Member(string property)
        {
            if (Argument(attribute, property) is not { Type: { } type } value) return null;
            var member = type.GetMembers().OfType<IFieldSymbol>().FirstOrDefault(f => f.HasConstantValue && Equals(f.ConstantValue, value.Value));
            if (member is null) findings.Add(Rules.UnknownValue, Places.Argument(attribute, property, stop), property, Convert.ToString(value.Value, CultureInfo.InvariantCulture));
            return member?.Name;
        }
    }

    private static long? StartAt(AttributeData attribute, Findings findings, CancellationToken stop)
    {
        var byTime = Argument(attribute, "Start") is { Value: int start } && start == StartFromTime(attribute);
        if (Text(attribute, "StartAt") is not { } text)
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
        Argument(attribute, "Start")?.Type?.GetMembers("Time").OfType<IFieldSymbol>().FirstOrDefault()?.ConstantValue as int?;

    private static double TimeLimit(AttributeData attribute, Findings findings, CancellationToken stop)
    {
        if (Argument(attribute, "TimeLimitSeconds") is not { Value: double seconds }) return 0;
        if (seconds is >= 0 and < MostSeconds) return seconds;
        findings.Add(Rules.TimeLimit, Places.Argument(attribute, "TimeLimitSeconds", stop), seconds.ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    // A section of the configuration: Handlers:{Name}:{Property}.
    private static bool IsName(string name) => !string.IsNullOrWhiteSpace(name) && !name.Contains(':');

    private static string DefaultName(IMethodSymbol method) => method.ContainingType is { } type
        ? string.Join(".", type.Nesting().Select(t => t.Name).Append(method.MethodKind == MethodKind.AnonymousFunction ? "lambda" : method.Name))
        : method.Name;

    private static string? FirstText(AttributeData attribute) => attribute.ConstructorArguments.FirstOrDefault() is { Kind: TypedConstantKind.Primitive } first ? first.Value as string : null;

    private static string? Text(AttributeData attribute, string property) => Argument(attribute, property)?.Value as string;

    private static TypedConstant? Argument(AttributeData attribute, string property)
    {
        foreach (var named in attribute.NamedArguments)
            if (named.Key == property && named.Value.Kind != TypedConstantKind.Error) return named.Value;
        return null;
    }
}
