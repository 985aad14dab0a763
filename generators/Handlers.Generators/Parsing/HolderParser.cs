using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>Whether generated code can call the method, and how the class that holds it is made.</summary>
internal static class HolderParser
{
    /// <summary>The class whose instance is called; null for a static method, and where there is an error.</summary>
    public static ClassModel? Check(IMethodSymbol method, Findings findings, CancellationToken stop)
    {
        CheckAccess(method, findings);
        if (method.IsGenericMethod) findings.Add(Rules.GenericMethod, Places.Name(method));
        var type = method.ContainingType;
        if (type.Nesting().FirstOrDefault(t => t.Arity > 0) is { } generic)
        {
            findings.Add(Rules.GenericType, Places.Name(method), generic.Text());
            return null;
        }

        if (method.IsStatic && !method.IsAbstract) return null;
        if (WhyNoInstance(type) is { } why)
        {
            findings.Add(Rules.NotAClass, Places.Name(method), why);
            return null;
        }

        return ClassParser.Parse(type, findings, stop);
    }

    /// <summary>False, with the finding, for what has no name by which generated code could call it.</summary>
    public static bool IsMethod(IMethodSymbol method, Findings findings)
    {
        var what = method.MethodKind switch
        {
            MethodKind.LocalFunction => "a local function",
            MethodKind.AnonymousFunction => "a lambda",
            MethodKind.PropertyGet or MethodKind.PropertySet or MethodKind.EventAdd or MethodKind.EventRemove => "an accessor",
            MethodKind.UserDefinedOperator or MethodKind.Conversion => "an operator",
            MethodKind.Destructor => "a finalizer",
            MethodKind.Ordinary when method.ContainingType.TypeKind is TypeKind.Class or TypeKind.Struct or TypeKind.Interface => null,
            MethodKind.ExplicitInterfaceImplementation => null,
            _ => "no method that can be called by its name",
        };
        if (what is not null) findings.Add(Rules.NotAMethod, Places.Name(method), what);
        return what is null;
    }

    private static void CheckAccess(IMethodSymbol method, Findings findings)
    {
        if (method.MethodKind == MethodKind.ExplicitInterfaceImplementation)
        {
            findings.Add(Rules.NotAccessible, Places.Name(method), method.Name, "an explicit implementation of an interface");
            return;
        }

        var hidden = method.ContainingType.Nesting().Cast<ISymbol>().Append(method).FirstOrDefault(s => !s.IsAccessible());
        if (hidden is not null) findings.Add(Rules.NotAccessible, Places.Name(method), hidden.Name, hidden is INamedTypeSymbol { IsFileLocal: true } ? "local to its file" : Access(hidden));
    }

    private static string Access(ISymbol symbol) => symbol.DeclaredAccessibility switch
    {
        Accessibility.Protected => "protected",
        Accessibility.ProtectedAndInternal => "private protected",
        _ => "private",
    };

    private static string? WhyNoInstance(INamedTypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Interface } => $"the interface '{type.Name}'",
        { TypeKind: TypeKind.Struct } => $"the struct '{type.Name}'",
        { IsAbstract: true } => $"the abstract class '{type.Name}'",
        _ => null,
    };
}
