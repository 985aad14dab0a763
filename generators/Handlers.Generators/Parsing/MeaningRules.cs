using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>Rules about what a declaration means, beyond its signature: combinations that promise what cannot hold.</summary>
internal static class MeaningRules
{
    public static void Check(
        IMethodSymbol method, AttributeData attribute, SettingsModel settings, ResultModel result,
        EquatableArray<ParameterModel> parameters, Findings findings, CancellationToken stop)
    {
        if (settings.Commit == "OnRead")
        {
            if (settings.OnFailure == "Stop") findings.Add(Rules.OnReadCannotStop, Places.Argument(attribute, "OnFailure", stop), "OnFailure");
            if (settings.OnInvalid == "Stop") findings.Add(Rules.OnReadCannotStop, Places.Argument(attribute, "OnInvalid", stop), "OnInvalid");
        }

        if (settings.PublishTo is { Length: > 0 } to && to == settings.Topic && method.Attribute("Handlers", "PublishToAttribute") is { } publishTo)
            findings.Add(Rules.PublishesToItself, Places.FirstArgument(publishTo, stop), to);

        if (parameters.Any(p => p.Source == ParameterSource.Stop)) return;
        if (settings.TimeLimitSeconds > 0) findings.Add(Rules.TimeLimitNotHeard, Places.Argument(attribute, "TimeLimitSeconds", stop));
        else if (result.Shape is not (ResultShape.Nothing or ResultShape.Value)) findings.Add(Rules.NotCancellable, Places.Name(method));
    }
}
