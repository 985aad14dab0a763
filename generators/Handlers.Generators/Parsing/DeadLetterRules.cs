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
        var sends = new[] { ("OnInvalid", settings.OnInvalid), ("OnFailure", settings.OnFailure), ("OnUnmatched", settings.OnUnmatched) }
            .Where(s => s.Item2 == "DeadLetter")
            .Select(s => s.Item1)
            .ToArray();
        if (method.Attribute("Handlers", "DeadLetterAttribute") is not { } deadLetter)
        {
            foreach (var property in sends) findings.Add(Rules.NoDeadLetter, Places.Argument(attribute, property, stop), property);
            return;
        }

        if (settings.DeadLetter is { Length: > 0 } to && to == settings.Topic) findings.Add(Rules.DeadLetterToItself, Places.FirstArgument(deadLetter, stop), to);
        if (sends.Length == 0 && Elsewhere.Contains(settings.OnInvalid) && Elsewhere.Contains(settings.OnFailure))
            findings.Add(Rules.DeadLetterUnused, Places.Attribute(deadLetter, stop), settings.OnInvalid!, settings.OnFailure!);
    }
}
