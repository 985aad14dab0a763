using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>Dead letters have a topic, and the topic has letters.</summary>
internal static class DeadLetterRules
{
    private static readonly string[] Elsewhere = ["Skip", "Stop"];

    public static void Check(IMethodSymbol method, AttributeData attribute, SettingsModel settings, Findings findings, CancellationToken stop)
    {
        if (method.Attribute("Handlers", "DeadLetterAttribute") is not { } deadLetter)
        {
            Missing("OnInvalid", settings.OnInvalid);
            Missing("OnFailure", settings.OnFailure);
            Missing("OnUnmatched", settings.OnUnmatched);
            return;
        }

        if (settings.DeadLetter is { Length: > 0 } to && TopicPattern.Reads(settings.Topic, to))
            findings.Add(Rules.DeadLetterToItself, Places.FirstArgument(deadLetter, stop), to, MeaningRules.WhyItself(settings.Topic));
        if (settings.OnUnmatched != "DeadLetter" && Elsewhere.Contains(settings.OnInvalid) && Elsewhere.Contains(settings.OnFailure))
            findings.Add(Rules.DeadLetterUnused, Places.Attribute(deadLetter, stop), settings.OnInvalid!, settings.OnFailure!);

        void Missing(string property, string? value)
        {
            if (value == "DeadLetter") findings.Add(Rules.NoDeadLetter, Places.Argument(attribute, property, stop), property);
        }
    }
}
