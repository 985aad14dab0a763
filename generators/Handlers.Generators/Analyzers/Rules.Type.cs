using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>Rules about the method and the type that holds it.</summary>
internal static partial class Rules
{
    public static readonly DiagnosticDescriptor NotAccessible = new(
        "HND012", "The handler is not accessible",
        "Handler '{0}' cannot be called by generated code, because '{1}' is {2}. Make it internal or public.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND012"));

    public static readonly DiagnosticDescriptor GenericType = new(
        "HND013", "The handler's type is generic",
        "Handler '{0}' is in the generic type '{1}', and nothing says with which type arguments to make it. Move it to a type without type parameters.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND013"));

    public static readonly DiagnosticDescriptor NotAClass = new(
        "HND014", "The handler's type cannot have instances",
        "Handler '{0}' is an instance method of {1}, of which no instance can be made. Make it static, or move it to a class that is not abstract.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND014"));

    public static readonly DiagnosticDescriptor NoSingleConstructor = new(
        "HND015", "The handler's class needs one constructor",
        "Handler '{0}': the class '{1}' {2}. Give it exactly one public or internal constructor that takes services by value.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND015"));

    public static readonly DiagnosticDescriptor RequiredMembers = new(
        "HND016", "The handler's class has required members",
        "Handler '{0}': the class '{1}' has the required member '{2}', which nobody would set. Take it in the constructor.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND016"));

    public static readonly DiagnosticDescriptor GenericMethod = new(
        "HND017", "The handler is generic",
        "Handler '{0}' has type parameters, and nothing says with which type arguments to call it. Remove them.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND017"));

    public static readonly DiagnosticDescriptor NotAMethod = new(
        "HND035", "Only a method of a type can be a handler",
        "'{0}' cannot be a handler, because it is {1}. Move it to a method of a class.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND035"));
}
