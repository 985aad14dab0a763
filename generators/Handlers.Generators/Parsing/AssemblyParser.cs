using System.Text;
using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>From the compilation to what little of it is emitted: names.</summary>
internal static class AssemblyParser
{
    private const string Runtime = "Handlers";
    private const string Embedded = "Microsoft.CodeAnalysis.EmbeddedAttribute";

    public static AssemblyModel Parse(Compilation compilation, CancellationToken stop)
    {
        var modules = new List<string>();
        var errors = new List<ErrorModel>();
        foreach (var assembly in compilation.SourceModule.ReferencedAssemblySymbols)
        {
            stop.ThrowIfCancellationRequested();
            if (!References.Mentions(assembly, Runtime, "StreamHandlerAttribute") && !References.Mentions(assembly, Runtime, "HandlersModuleAttribute")) continue;
            var attributes = assembly.GetAttributes().Where(a => a.AttributeClass.Is(Runtime, "HandlersModuleAttribute")).ToArray();
            modules.AddRange(attributes.Select(a => a.ConstructorArguments.FirstOrDefault().Value).OfType<INamedTypeSymbol>().Select(t => t.Key()));
            if (WithoutModule(assembly, attributes.Length) is { } finding) errors.Add(finding.ToError());
        }

        modules.Sort(StringComparer.Ordinal);
        return new AssemblyModel(Identifier(compilation.AssemblyName ?? ""), UsesHandlers(compilation), DefinesEmbedded(compilation))
        {
            Modules = modules.ToEquatableArray(),
            Errors = errors.ToEquatableArray(),
        };
    }

    /// <summary>The referenced assemblies that were built without the generator.</summary>
    public static IEnumerable<Finding> WithoutModule(Compilation compilation) => compilation.SourceModule.ReferencedAssemblySymbols
        .Where(a => References.Mentions(a, Runtime, "StreamHandlerAttribute"))
        .Select(a => WithoutModule(a, a.GetAttributes().Count(m => m.AttributeClass.Is(Runtime, "HandlersModuleAttribute"))))
        .OfType<Finding>();

    private static Finding? WithoutModule(IAssemblySymbol assembly, int modules) =>
        modules == 0 && References.UsesAttribute(assembly, "StreamHandlerAttribute") ? new Finding(Rules.ReferenceWithoutModule, null, [assembly.Name]) : null;

    private static bool UsesHandlers(Compilation compilation) =>
        compilation.GetTypeByMetadataName("Handlers.HandlersBuilder") is { DeclaredAccessibility: Accessibility.Public } type
        && !SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, compilation.Assembly);

    private static bool DefinesEmbedded(Compilation compilation) => compilation.Assembly.GetTypeByMetadataName(Embedded) is not null;

    /// <summary>
    /// The assembly's name as an identifier. Names that differ stay different: where a character had to be replaced that the
    /// dot is not, a number made from the name follows.
    /// </summary>
    private static string Identifier(string name)
    {
        var identifier = new StringBuilder();
        var isExact = name.Length > 0;
        foreach (var part in name)
        {
            if (identifier.Length == 0 && !char.IsLetter(part)) identifier.Append('_');
            identifier.Append(char.IsLetterOrDigit(part) ? part : '_');
            isExact &= char.IsLetterOrDigit(part) || part == '.';
        }

        return isExact ? identifier.ToString() : $"{identifier}_{StableNumber.Of(name)}";
    }
}
