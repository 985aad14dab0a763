using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>Rules about handlers of lists, and about asking for lists where there are none.</summary>
internal static class BatchRules
{
    public static void Check(
        IMethodSymbol method, AttributeData attribute, SettingsModel settings, BatchShape batch,
        EquatableArray<ParameterModel> parameters, Findings findings, CancellationToken stop)
    {
        if (batch == BatchShape.None)
        {
            if (method.Attribute("Handlers", "BatchAttribute") is { } mark) findings.Add(Rules.NotABatch, Places.Attribute(mark, stop));
            foreach (var context in Of(ParameterSource.Batch)) findings.Add(Rules.BatchContextWithoutBatch, Places.Type(context, stop));
            return;
        }

        // Each of these is what one message has, and a batch has many.
        foreach (var parameter in Of(ParameterSource.Context)) Single(parameter, "the context of one message", "Message<T>.Context, or BatchContext");
        foreach (var parameter in Of(ParameterSource.Key)) Single(parameter, "the key of one message", "Message<T>.Context.Key");
        foreach (var parameter in Of(ParameterSource.Header)) Single(parameter, "a header of one message", "Message<T>.Context.Headers");
        if (settings.Commit == "EachMessage") findings.Add(Rules.BatchEachMessage, Written("Commit"));
        if (settings.Ordering == "Key") findings.Add(Rules.BatchByKey, Written("Ordering"));
        if (settings.MessageType is not null) findings.Add(Rules.BatchOfType, Places.Argument(attribute, "MessageType", stop, otherwise: Written("TypeFrom")));

        // Declared in the preset where it is not written itself.
        Location? Written(string property) => Places.Argument(attribute, property, stop, otherwise: Places.Argument(attribute, "Preset", stop));

        void Single(IParameterSymbol parameter, string what, string instead) =>
            findings.Add(Rules.BatchParameter, Places.Whole(parameter, stop), parameter.Name, what, instead);

        IEnumerable<IParameterSymbol> Of(ParameterSource source) => method.Parameters.Where((_, i) => parameters[i].Source == source);
    }
}
