using System.Reflection.Metadata;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>Cheap questions to referenced assemblies, so that the dear ones are asked of few.</summary>
internal static class References
{
    /// <summary>True where the assembly may mention the type: its table of foreign types has the name.</summary>
    public static bool Mentions(IAssemblySymbol assembly, string definedIn, string type)
    {
        if (!assembly.Modules.Any(m => m.ReferencedAssemblies.Any(r => r.Name == definedIn))) return false;
        // An assembly of the same solution has no metadata while it is edited: then it may.
        if (assembly.GetMetadata() is not { } metadata) return true;
        foreach (var module in metadata.GetModules())
        {
            var reader = module.GetMetadataReader();
            foreach (var handle in reader.TypeReferences)
                if (reader.StringComparer.Equals(reader.GetTypeReference(handle).Name, type)) return true;
        }

        return false;
    }

    /// <summary>True where an attribute of this name, which another assembly defines, stands on anything.</summary>
    public static bool UsesAttribute(IAssemblySymbol assembly, string name)
    {
        if (assembly.GetMetadata() is not { } metadata) return false;
        foreach (var module in metadata.GetModules())
        {
            var reader = module.GetMetadataReader();
            foreach (var handle in reader.MemberReferences)
            {
                var member = reader.GetMemberReference(handle);
                if (member.Parent.Kind == HandleKind.TypeReference && reader.StringComparer.Equals(member.Name, ".ctor")
                    && reader.StringComparer.Equals(reader.GetTypeReference((TypeReferenceHandle)member.Parent).Name, name)) return true;
            }
        }

        return false;
    }

    /// <summary>True for assemblies of .NET itself, by name. None holds JSON contexts for payloads of users.</summary>
    public static bool IsFramework(IAssemblySymbol assembly) =>
        assembly.Name.StartsWith("System.", StringComparison.Ordinal) || assembly.Name.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)
        || assembly.Name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) || assembly.Name is "System" or "mscorlib" or "netstandard";
}
