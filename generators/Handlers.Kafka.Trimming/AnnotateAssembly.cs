using Microsoft.Build.Framework;
using Mono.Cecil;

namespace Handlers.Kafka.Trimming;

/// <summary>
/// Writes a copy of an assembly whose methods carry the attributes of a link attributes file. The NativeAOT compiler obeys
/// UnconditionalSuppressMessage on a method, but neither reads such files nor lets one assembly speak for another. The copy is for that
/// compiler alone: no code in it differs, and nothing else is ever built against it or published.
/// </summary>
public sealed class AnnotateAssembly : Microsoft.Build.Utilities.Task
{
    /// <summary>The assembly as its package has it.</summary>
    [Required]
    public string Assembly { get; set; } = "";

    /// <summary>The link attributes file.</summary>
    [Required]
    public string LinkAttributes { get; set; } = "";

    /// <summary>Where the copy goes. Its folder is made.</summary>
    [Required]
    public string Copy { get; set; } = "";

    /// <summary>False after an error, which is logged.</summary>
    public override bool Execute()
    {
        try
        {
            using var assembly = AssemblyDefinition.ReadAssembly(Assembly);
            foreach (var silenced in Trimming.LinkAttributes.Read(LinkAttributes, assembly.Name.Name)) Annotate(assembly.MainModule, silenced);
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(Copy))!);
            assembly.Write(Copy);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException or System.Xml.XmlException)
        {
            Log.LogError($"{Assembly} cannot be copied to {Copy} with the attributes of {LinkAttributes}: {e.Message}");
        }
        return !Log.HasLoggedErrors;
    }

    // By its name, all overloads: as the linker takes it. One that another version lacks gives no warning that could be silenced.
    private void Annotate(ModuleDefinition module, Silenced silenced)
    {
        var methods = module.GetType(silenced.Type)?.Methods.Where(m => m.Name == silenced.Method).ToList() ?? [];
        if (methods.Count == 0) Log.LogMessage($"{module.Name} has no {silenced.Type}.{silenced.Method}: {silenced.Warning} is not silenced.");
        foreach (var method in methods) method.CustomAttributes.Add(Attribute(module, silenced));
    }

    private static CustomAttribute Attribute(ModuleDefinition module, Silenced silenced)
    {
        var text = module.TypeSystem.String;
        var type = new TypeReference("System.Diagnostics.CodeAnalysis", "UnconditionalSuppressMessageAttribute", module, module.TypeSystem.CoreLibrary);
        var constructor = new MethodReference(".ctor", module.TypeSystem.Void, type) { HasThis = true, Parameters = { new(text), new(text) } };
        return new(constructor)
        {
            ConstructorArguments = { new(text, silenced.Category), new(text, silenced.Warning) },
            Properties = { new("Justification", new(text, silenced.Justification)) },
        };
    }
}
