using System.Xml.Linq;

namespace Handlers.Kafka.Trimming;

/// <summary>A warning that is silenced in one method of an assembly, and why.</summary>
internal sealed record Silenced(string Type, string Method, string Category, string Warning, string Justification);

/// <summary>
/// Reads a link attributes file of the linker, as far as ours goes: UnconditionalSuppressMessage on methods that are given by their name. The
/// linker reads the same file itself. https://github.com/dotnet/runtime/blob/main/docs/tools/illink/data-formats.md
/// </summary>
internal static class LinkAttributes
{
    public const string Attribute = "System.Diagnostics.CodeAnalysis.UnconditionalSuppressMessageAttribute";

    public static IReadOnlyList<Silenced> Read(string path, string assembly) =>
        [.. from part in XDocument.Load(path).Root!.Elements("assembly")
            where Name(part, "fullname") == assembly
            from type in part.Elements("type")
            from method in type.Elements("method")
            from attribute in method.Elements("attribute")
            where Name(attribute, "fullname") == Attribute
            let arguments = attribute.Elements("argument").Select(static a => a.Value).ToList()
            select new Silenced(Name(type, "fullname"), Name(method, "name"), arguments[0], arguments[1], attribute.Element("property")!.Value)];

    private static string Name(XElement element, string attribute) => element.Attribute(attribute)!.Value;
}
