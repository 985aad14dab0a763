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

    /// <summary>An item of the constructor's array, whether it is written as one or as so many arguments.</summary>
    public static Location? Item(AttributeData attribute, int index, CancellationToken stop)
    {
        var positional = Arguments(attribute, stop).Where(a => a.NameEquals is null).ToArray();
        var item = positional.Length == 1 && Items(positional[0].Expression) is { } items ? items.ElementAtOrDefault(index) : positional.ElementAtOrDefault(index)?.Expression;
        return item?.GetLocation() ?? Attribute(attribute, stop);
    }

    /// <summary>An item of an array that is a named argument.</summary>
    public static Location? Item(AttributeData attribute, string name, int index, CancellationToken stop)
    {
        var argument = Arguments(attribute, stop).FirstOrDefault(a => a.NameEquals?.Name.Identifier.ValueText == name);
        return (argument is null ? null : Items(argument.Expression)?.ElementAtOrDefault(index)?.GetLocation()) ?? Argument(attribute, name, stop);
    }

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

    private static Location? Argument(AttributeData attribute, Func<AttributeArgumentSyntax, bool> which, CancellationToken stop, Location? otherwise = null) =>
        Arguments(attribute, stop).FirstOrDefault(which)?.Expression.GetLocation() ?? otherwise ?? Attribute(attribute, stop);

    private static SeparatedSyntaxList<AttributeArgumentSyntax> Arguments(AttributeData attribute, CancellationToken stop) =>
        (attribute.ApplicationSyntaxReference?.GetSyntax(stop) as AttributeSyntax)?.ArgumentList?.Arguments ?? default;

    private static IEnumerable<ExpressionSyntax>? Items(ExpressionSyntax array) => array switch
    {
        ArrayCreationExpressionSyntax { Initializer: { } items } => items.Expressions,
        ImplicitArrayCreationExpressionSyntax { Initializer: { } items } => items.Expressions,
        _ => null,
    };

    private static SyntaxNode? Syntax(ISymbol symbol, CancellationToken stop) =>
        symbol.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(stop);
}
