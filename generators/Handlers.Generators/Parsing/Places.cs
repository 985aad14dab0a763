using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Handlers.Generators.Parsing;

/// <summary>What is underlined. Asked only where something is wrong.</summary>
internal static class Places
{
    /// <summary>The whole attribute.</summary>
    public static Location? Attribute(AttributeData attribute, CancellationToken stop) =>
        attribute.ApplicationSyntaxReference?.GetSyntax(stop).GetLocation();

    /// <summary>The value of a named argument; without it something else, and else the attribute.</summary>
    public static Location? Argument(AttributeData attribute, string name, CancellationToken stop, Location? otherwise = null) =>
        Argument(attribute, a => a.NameEquals?.Name.Identifier.ValueText == name, stop, otherwise);

    /// <summary>The value of the constructor's first argument.</summary>
    public static Location? FirstArgument(AttributeData attribute, CancellationToken stop) =>
        Argument(attribute, a => a.NameEquals is null, stop);

    /// <summary>The method's name; for a local function or lambda whatever stands for it.</summary>
    public static Location? Name(ISymbol symbol) => symbol.Locations.FirstOrDefault();

    /// <summary>The parameter's type.</summary>
    public static Location? Type(IParameterSymbol parameter, CancellationToken stop) =>
        Syntax(parameter, stop) is ParameterSyntax { Type: { } type } ? type.GetLocation() : Name(parameter);

    /// <summary>The type of the parameter that takes the payload.</summary>
    public static Location? Payload(IMethodSymbol method, CancellationToken stop) =>
        ParameterParser.Payloads(method).FirstOrDefault() is { } parameter ? Type(parameter, stop) : Name(method);

    /// <summary>The whole parameter.</summary>
    public static Location? Whole(IParameterSymbol parameter, CancellationToken stop) => Syntax(parameter, stop)?.GetLocation() ?? Name(parameter);

    /// <summary>The method's return type.</summary>
    public static Location? ReturnType(IMethodSymbol method, CancellationToken stop) => Syntax(method, stop) switch
    {
        MethodDeclarationSyntax declaration => declaration.ReturnType.GetLocation(),
        LocalFunctionStatementSyntax declaration => declaration.ReturnType.GetLocation(),
        _ => Name(method),
    };

    private static Location? Argument(AttributeData attribute, Func<AttributeArgumentSyntax, bool> which, CancellationToken stop, Location? otherwise = null)
    {
        var syntax = attribute.ApplicationSyntaxReference?.GetSyntax(stop) as AttributeSyntax;
        var argument = syntax?.ArgumentList?.Arguments.FirstOrDefault(which);
        return argument?.Expression.GetLocation() ?? otherwise ?? syntax?.GetLocation();
    }

    private static SyntaxNode? Syntax(ISymbol symbol, CancellationToken stop) =>
        symbol.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(stop);
}
