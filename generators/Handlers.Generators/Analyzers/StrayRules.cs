using Handlers.Generators.Parsing;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>Attributes of ours where nothing reads them: what they ask for would silently not happen.</summary>
internal static class StrayRules
{
    private static readonly string[] OnMethods =
        ["PublishToAttribute", "RetryAttribute", "RetryTopicsAttribute", "DeadLetterAttribute", "BatchAttribute", "CircuitBreakerAttribute"];

    private static readonly string[] OnParameters = ["FromKeyAttribute", "FromHeaderAttribute", "FromServicesAttribute"];

    public static void CheckMethod(IMethodSymbol method, Action<Diagnostic> report, CancellationToken stop)
    {
        var stray = method.GetAttributes().Where(a => OnMethods.Any(n => a.AttributeClass.Is("Handlers", n)))
            .Concat(method.Parameters.SelectMany(p => p.GetAttributes()).Where(a => OnParameters.Any(n => a.AttributeClass.Is("Handlers", n))));
        foreach (var attribute in stray)
            report(Diagnostic.Create(Rules.AttributeWithoutHandler, Places.Attribute(attribute, stop), method.Name, attribute.AttributeClass!.Name.Replace("Attribute", "")));
    }

    public static void CheckType(INamedTypeSymbol type, Action<Diagnostic> report, CancellationToken stop)
    {
        if (type.Attribute("Handlers", "SingletonHandlerAttribute") is not { } singleton) return;
        var hasHandler = type.GetMembers().OfType<IMethodSymbol>().Any(m => !m.IsStatic && m.Attribute("Handlers", "StreamHandlerAttribute") is not null);
        if (!hasHandler) report(Diagnostic.Create(Rules.SingletonWithoutHandlers, Places.Attribute(singleton, stop), type.Name));
    }
}
