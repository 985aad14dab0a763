using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>From a class to the constructor call that makes its instances.</summary>
internal static class ClassParser
{
    public static ClassModel? Parse(INamedTypeSymbol type, Findings findings, CancellationToken stop)
    {
        var constructors = type.InstanceConstructors.Where(c => c.IsAccessible()).ToArray();
        if (constructors.Length != 1)
        {
            findings.Add(Rules.NoSingleConstructor, Places.Name(type), type.Name, constructors.Length == 0 ? "has no accessible constructor" : $"has {constructors.Length} accessible constructors");
            return null;
        }

        var constructor = constructors[0];
        if (constructor.Parameters.FirstOrDefault(p => p.RefKind != RefKind.None || p.Type.IsRefLikeType || p.IsParams) is { } odd)
            findings.Add(Rules.NoSingleConstructor, Places.Whole(odd, stop), type.Name, $"has a constructor whose parameter '{odd.Name}' is no service");
        foreach (var unknown in constructor.Parameters.Where(p => p.Type.IsUnknown()))
            findings.Add(Rules.UnknownType, Places.Type(unknown, stop), unknown.Type.Text());
        if (Required(type) is { } required && constructor.Attribute("System.Diagnostics.CodeAnalysis", "SetsRequiredMembersAttribute") is null)
            findings.Add(Rules.RequiredMembers, Places.Name(required), type.Name, required.Name);
        return new ClassModel(
            type.Spelling(),
            type.Attribute("Handlers", "SingletonHandlerAttribute") is not null,
            constructor.Parameters.Select(ServiceParser.Parse).ToEquatableArray());
    }

    private static ISymbol? Required(INamedTypeSymbol type)
    {
        for (var t = type; t is not null; t = t.BaseType)
            if (t.GetMembers().FirstOrDefault(m => m is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true }) is { } member) return member;
        return null;
    }
}
