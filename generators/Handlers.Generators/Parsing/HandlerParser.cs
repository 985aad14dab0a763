using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Handlers.Generators.Parsing;

/// <summary>
/// From a marked method to its model. What is wrong with it goes to the findings: the analyzer reports them, the generator keeps
/// the errors, so that a handler that cannot be emitted is never left out silently.
/// </summary>
internal static class HandlerParser
{
    public const string Attribute = "Handlers.StreamHandlerAttribute";

    /// <summary>For the generator: the model, with its errors. Null for what is no method, which the compiler refuses itself.</summary>
    public static HandlerModel? Parse(GeneratorAttributeSyntaxContext context, CancellationToken stop)
    {
        if (context.TargetSymbol is not IMethodSymbol method) return null;
        var findings = new Findings(SettingsParser.Name(method, context.Attributes[0]));
        return Parse(method, context.Attributes[0], findings, stop) with { Errors = findings.Errors() };
    }

    /// <summary>For the generator: a lambda, which is never a handler but must not be left out silently.</summary>
    public static HandlerModel? ParseLambda(GeneratorSyntaxContext context, CancellationToken stop)
    {
        if (context.SemanticModel.GetSymbolInfo(context.Node, stop).Symbol is not IMethodSymbol method) return null;
        if (method.Attribute("Handlers", "StreamHandlerAttribute") is not { } attribute) return null;
        var findings = new Findings(SettingsParser.Name(method, attribute));
        return Parse(method, attribute, findings, stop) with { Errors = findings.Errors() };
    }

    /// <summary>True for a lambda that may be marked.</summary>
    public static bool IsMarkedLambda(SyntaxNode node, CancellationToken stop) => node is LambdaExpressionSyntax { AttributeLists.Count: > 0 };

    /// <summary>The model; it is complete only where there are no errors among the findings.</summary>
    public static HandlerModel Parse(IMethodSymbol method, AttributeData attribute, Findings findings, CancellationToken stop)
    {
        if (!HolderParser.IsMethod(method, findings)) return Nothing(method, findings);
        var type = HolderParser.Check(method, findings, stop);
        var settings = SettingsParser.Parse(method, attribute, findings, stop);
        var parameters = ParameterParser.Parse(method, findings, stop);
        var payload = ParameterParser.Payload(method, findings, stop);
        var batch = BatchParser.Shape(method);
        var result = ResultParser.Parse(method, batch, findings, stop);
        BatchRules.Check(method, attribute, settings, batch, parameters, findings, stop);
        DeliveryRules.Check(method, attribute, settings, batch, findings, stop);
        DeadLetterRules.Check(method, attribute, settings, findings, stop);
        FrameParser.CheckType(attribute, settings, payload, findings, stop);
        MeaningRules.Check(method, attribute, settings, result, parameters, findings, stop);
        return new HandlerModel
        {
            Name = findings.Handler,
            Path = Path(method),
            Identity = method.GetDocumentationCommentId() ?? method.ToDisplayString(),
            Settings = settings,
            Payload = payload,
            Batch = batch,
            Result = result,
            Parameters = parameters,
            Method = Symbols.Escaped(method.Name),
            Type = type?.Type ?? method.ContainingType.Spelling(),
            Class = type,
        };
    }

    // Its errors are all that there is to say of it.
    private static HandlerModel Nothing(IMethodSymbol method, Findings findings) => new()
    {
        Name = findings.Handler,
        Path = Path(method),
        Identity = method.ToDisplayString(),
        Settings = new SettingsModel(),
        Payload = PayloadModel.None,
        Result = new ResultModel(ResultShape.Nothing),
        Parameters = default,
        Method = "",
        Type = "",
    };

    private static string Path(IMethodSymbol method)
    {
        var names = method.ContainingType.Nesting().Select(t => t.Name).Append(method.Name);
        var within = method.ContainingType.ContainingNamespace;
        return string.Join(".", within is { IsGlobalNamespace: false } ? names.Prepend(within.ToDisplayString(Plain)) : names);
    }

    // Names of files and classes: an @ before a keyword would be of no use in either.
    private static readonly SymbolDisplayFormat Plain = new(typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces);
}
