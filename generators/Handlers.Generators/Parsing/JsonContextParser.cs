using System.Collections.Immutable;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>From the user's JSON contexts to the types that they know.</summary>
internal static class JsonContextParser
{
    public const string Attribute = "System.Text.Json.Serialization.JsonSerializableAttribute";

    private const string Namespace = "System.Text.Json.Serialization";
    private const string BaseName = "JsonSerializerContext";

    /// <summary>For the generator: a context of the assembly that is compiled.</summary>
    public static JsonContextModel? Parse(GeneratorAttributeSyntaxContext context, CancellationToken stop) =>
        context.TargetSymbol is INamedTypeSymbol type ? Parse(type, isOwn: true) : null;

    /// <summary>For the analyzer: the contexts of the assembly that is compiled.</summary>
    public static IEnumerable<JsonContextModel> Own(Compilation compilation, CancellationToken stop) =>
        Types(compilation.Assembly.GlobalNamespace, stop).Select(t => Parse(t, isOwn: true)).OfType<JsonContextModel>();

    /// <summary>The accessible contexts of referenced assemblies.</summary>
    public static EquatableArray<JsonContextModel> Referenced(Compilation compilation, CancellationToken stop)
    {
        var contexts = ImmutableArray.CreateBuilder<JsonContextModel>();
        foreach (var assembly in compilation.SourceModule.ReferencedAssemblySymbols)
        {
            if (References.IsFramework(assembly) || !References.Mentions(assembly, "System.Text.Json", BaseName)) continue;
            var isFriend = assembly.GivesAccessTo(compilation.Assembly);
            foreach (var type in Types(assembly.GlobalNamespace, stop))
                if (type.BaseType is { Name: BaseName } && (isFriend || type.Nesting().All(t => t.DeclaredAccessibility == Accessibility.Public))
                    && Parse(type, isOwn: false) is { } context) contexts.Add(context);
        }

        return contexts.ToEquatableArray();
    }

    private static JsonContextModel? Parse(INamedTypeSymbol type, bool isOwn)
    {
        if (type.IsAbstract || !type.Nesting().All(t => t.IsAccessible() && t.Arity == 0) || !IsContext(type)) return null;
        var types = type.GetAttributes()
            .Where(a => a.AttributeClass.Is(Namespace, "JsonSerializableAttribute"))
            .Select(a => a.ConstructorArguments.FirstOrDefault() is { Kind: TypedConstantKind.Type, Value: ITypeSymbol known } ? known.Key() : null)
            .OfType<string>()
            .ToEquatableArray();
        return types.Count == 0 ? null : new JsonContextModel(type.Key(), isOwn, types);
    }

    private static bool IsContext(INamedTypeSymbol type)
    {
        for (var t = type.BaseType; t is not null; t = t.BaseType)
            if (t.Is(Namespace, BaseName)) return true;
        return false;
    }

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol within, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        foreach (var member in within.GetMembers())
        {
            if (member is INamedTypeSymbol type) yield return type;
            if (member is not INamespaceOrTypeSymbol inner) continue;
            foreach (var nested in Types(inner, stop)) yield return nested;
        }
    }
}
