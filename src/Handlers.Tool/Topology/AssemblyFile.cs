using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Handlers.Tool;

/// <summary>What the tool wants of one assembly, read from its bytes: nothing is loaded, and nothing of it runs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its informational version, else its version.</param>
/// <param name="References">The assemblies that it references, with their versions.</param>
/// <param name="Handlers">The attributes of its handlers.</param>
/// <param name="HasModule">Whether it has handlers by what every version of the generator emits.</param>
/// <param name="Calls">The names of what it uses of other assemblies.</param>
internal sealed record AssemblyFile(string Name, string? Version, IReadOnlyDictionary<string, Version> References, IReadOnlyList<HandlerAttribute> Handlers, bool HasModule, IReadOnlySet<string> Calls)
{
    private const string Topology = "HandlerTopologyAttribute";
    private const string Module = "HandlersModuleAttribute";
    private const string Informational = "AssemblyInformationalVersionAttribute";

    /// <summary>Null where the file is no .NET assembly.</summary>
    public static AssemblyFile? Read(string path)
    {
        using var stream = File.OpenRead(path);
        using var file = new PEReader(stream);
        try
        {
            if (!file.HasMetadata) return null;
            var reader = file.GetMetadataReader();
            return reader.IsAssembly ? Read(reader) : null;
        }
        catch (BadImageFormatException)
        {
            return null;
        }
    }

    private static AssemblyFile Read(MetadataReader reader)
    {
        var handlers = new List<HandlerAttribute>();
        var definition = reader.GetAssemblyDefinition();
        var (version, hasModule) = (definition.Version.ToString(3), false);
        foreach (var handle in definition.GetCustomAttributes())
        {
            var attribute = reader.GetCustomAttribute(handle);
            switch (TypeName(reader, attribute))
            {
                case Topology: handlers.Add(HandlerAttribute.Read(reader.GetBlobReader(attribute.Value))); break;
                case Module: hasModule = true; break;
                case Informational:
                    var blob = reader.GetBlobReader(attribute.Value);
                    blob.ReadUInt16();
                    version = blob.ReadSerializedString()?.Split('+')[0] ?? version; // after it: a commit
                    break;
            }
        }

        var references = reader.AssemblyReferences.Select(reader.GetAssemblyReference)
            .GroupBy(r => reader.GetString(r.Name)).ToDictionary(g => g.Key, g => g.First().Version);
        var calls = reader.MemberReferences.Select(m => reader.GetString(reader.GetMemberReference(m).Name)).ToHashSet(StringComparer.Ordinal);
        return new AssemblyFile(reader.GetString(definition.Name), version, references, handlers, hasModule, calls);
    }

    private static string? TypeName(MetadataReader reader, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference) return null;
        var parent = reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        return parent.Kind == HandleKind.TypeReference ? reader.GetString(reader.GetTypeReference((TypeReferenceHandle)parent).Name) : null;
    }
}

/// <summary>The attribute of one handler, as it stands in the assembly.</summary>
/// <param name="Json">Its text.</param>
/// <param name="Types">Its types by property, as metadata spells them.</param>
internal sealed record HandlerAttribute(string Json, IReadOnlyDictionary<string, string> Types)
{
    private const int Prolog = 1;

    public static HandlerAttribute Read(BlobReader blob)
    {
        if (blob.ReadUInt16() != Prolog) throw new BadImageFormatException("An attribute begins with a one.");
        var json = blob.ReadSerializedString() ?? "{}";
        var types = new Dictionary<string, string>();
        for (var left = blob.ReadUInt16(); left > 0; left--)
        {
            blob.ReadByte();
            if (blob.ReadSerializationTypeCode() != SerializationTypeCode.Type) break; // a later version's; what comes after it is not needed
            var property = blob.ReadSerializedString()!;
            if (blob.ReadSerializedString() is { } type) types[property] = type;
        }

        return new HandlerAttribute(json, types);
    }
}
