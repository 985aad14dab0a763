using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>What [Retry] and [RetryTopics] say.</summary>
internal static class RetryParser
{
    private const int MostAttempts = 1000;

    // The defaults of RetrySettings: a first pause may be written beside a longest one that is not.
    private static readonly TimeSpan DefaultDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DefaultMaxDelay = TimeSpan.FromSeconds(30);

    // Types of exceptions are not among them: configuration, which has the settings of pipelines, cannot name any.
    private static readonly string[] OfPipeline = ["Attempts", "Delay", "Backoff", "MaxDelay", "Jitter"];

    public static RetryModel? Retry(IMethodSymbol method, Findings findings, CancellationToken stop)
    {
        if (method.Attribute("Handlers", "RetryAttribute") is not { } attribute) return null;
        var retry = new RetryModel
        {
            Attempts = Attempts(attribute, findings, stop),
            Delay = Durations.Parse(attribute, "Delay", findings, stop, isZeroAllowed: true),
            Backoff = attribute.Member("Backoff", findings, stop),
            MaxDelay = Durations.Parse(attribute, "MaxDelay", findings, stop),
            Jitter = attribute.Argument("Jitter")?.Value as bool?,
            On = Exceptions(attribute, "On", findings, stop),
            Except = Exceptions(attribute, "Except", findings, stop),
            Pipeline = attribute.NotEmpty("Pipeline", "the settings of [Retry]", findings, stop),
        };
        if (retry.Pipeline is not null && OfPipeline.FirstOrDefault(attribute.Has) is { } other)
            findings.Add(Rules.PipelineAndSettings, Places.Argument(attribute, "Pipeline", stop), other);
        var (first, longest) = (retry.Delay ?? DefaultDelay.Ticks, retry.MaxDelay ?? DefaultMaxDelay.Ticks);
        if (first > longest)
            findings.Add(
                Rules.PauseTooLong, Places.Argument(attribute, retry.MaxDelay is null ? "Delay" : "MaxDelay", stop),
                TimeSpan.FromTicks(first).ToString("c"), TimeSpan.FromTicks(longest).ToString("c"), retry.MaxDelay is null ? " by default" : "");
        return retry;
    }

    /// <summary>The pauses of retry topics, in ticks.</summary>
    public static EquatableArray<long> Topics(IMethodSymbol method, Findings findings, CancellationToken stop)
    {
        if (method.Attribute("Handlers", "RetryTopicsAttribute") is not { } attribute) return default;
        var delays = Arguments.Items(attribute.ConstructorArguments.FirstOrDefault());
        if (delays.IsEmpty) findings.Add(Rules.RetryTopicsDelays, Places.Attribute(attribute, stop), "names no delay; write [RetryTopics(\"5s\", \"1m\")]");
        var found = new List<long>();
        for (var i = 0; i < delays.Length; i++)
        {
            if (Durations.ParseRetryTopic(delays[i].Value as string, Places.Item(attribute, i, stop), findings) is not { } ticks) continue;
            // A topic is named by its delay.
            if (found.Contains(ticks)) findings.Add(Rules.RetryTopicsDelays, Places.Item(attribute, i, stop), $"names the delay '{delays[i].Value}' twice; each delay is a topic of its own, so let them differ");
            found.Add(ticks);
        }

        return found.ToEquatableArray();
    }

    private static int? Attempts(AttributeData attribute, Findings findings, CancellationToken stop)
    {
        if (attribute.Argument("Attempts") is not { Value: int attempts }) return null;
        if (attempts is < 2 or > MostAttempts) findings.Add(Rules.Attempts, Places.Argument(attribute, "Attempts", stop), $"{attempts}");
        return attempts;
    }

    private static EquatableArray<string> Exceptions(AttributeData attribute, string property, Findings findings, CancellationToken stop)
    {
        var types = new List<string>();
        var items = Arguments.Items(attribute.Argument(property));
        for (var i = 0; i < items.Length; i++)
        {
            var type = items[i].Value as ITypeSymbol;
            if (type is not null and not INamedTypeSymbol { IsUnboundGenericType: true } && type.IsUnknown()) findings.Add(Rules.UnknownType, Places.Item(attribute, property, i, stop), type.Text());
            else if (WhyNot(type) is { } why) findings.Add(Rules.NotAnException, Places.Item(attribute, property, i, stop), property, type?.Text() ?? "null", why);
            else types.Add(type!.Key());
        }

        return types.ToEquatableArray();
    }

    private static string? WhyNot(ITypeSymbol? type)
    {
        if (type is not INamedTypeSymbol named || !IsException(named)) return "is no exception; name a type that derives from System.Exception";
        if (named.IsUnboundGenericType) return "has no type arguments; write them";
        return !IsVisible(named) ? "is hidden from generated code; make it internal or public" : null;
    }

    private static bool IsVisible(INamedTypeSymbol type) =>
        type.Nesting().All(t => t.IsAccessible() && t.TypeArguments.OfType<INamedTypeSymbol>().All(IsVisible));

    private static bool IsException(INamedTypeSymbol type)
    {
        for (var t = type; t is not null; t = t.BaseType)
            if (t.Is("System", "Exception")) return true;
        return false;
    }
}
