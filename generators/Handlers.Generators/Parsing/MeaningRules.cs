using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>Rules about what a declaration means, beyond its signature. <see cref="DeliveryRules"/>, <see cref="DeadLetterRules"/> and <see cref="BatchRules"/> are more of them.</summary>
internal static class MeaningRules
{
    private static readonly string[] TypeProperties = ["TypeFrom", "TypeName", "OnUnmatched"];

    public static void Check(
        IMethodSymbol method, AttributeData attribute, SettingsModel settings, ResultModel result,
        EquatableArray<ParameterModel> parameters, Findings findings, CancellationToken stop)
    {
        if (TopicPattern.IsPattern(settings.Topic) && TopicPattern.WhyNot(settings.Topic) is { } why)
            findings.Add(Rules.NoPattern, Places.FirstArgument(attribute, stop), settings.Topic, why);
        if (settings.PublishTo is { Length: > 0 } to && TopicPattern.Reads(settings.Topic, to) && method.Attribute("Handlers", "PublishToAttribute") is { } publishTo)
            findings.Add(Rules.PublishesToItself, Places.FirstArgument(publishTo, stop), to, WhyItself(settings.Topic));

        if (settings.MessageType is null)
        {
            foreach (var property in TypeProperties.Where(attribute.Has))
                findings.Add(Rules.NoMessageType, Places.Argument(attribute, property, stop), property);
        }

        if (parameters.Any(p => p.Source == ParameterSource.Stop)) return;
        if (settings.TimeLimitSeconds > 0) findings.Add(Rules.TimeLimitNotHeard, Places.Argument(attribute, "TimeLimitSeconds", stop));
        else if (result.Shape is not (ResultShape.Nothing or ResultShape.Value)) findings.Add(Rules.NotCancellable, Places.Name(method));
    }

    /// <summary>For people: why the handler reads what it writes.</summary>
    public static string WhyItself(string topic) => TopicPattern.IsPattern(topic) ? $"which the pattern that it reads ('{topic}') matches" : "the topic that it reads";
}
