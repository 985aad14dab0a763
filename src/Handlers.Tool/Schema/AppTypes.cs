using System.Reflection;
using System.Reflection.Metadata;
using System.Text.Json;

namespace Handlers.Tool;

/// <summary>
/// The types of an application, seen as metadata: its assemblies are looked at and never run. Types of frameworks come from those that its
/// <c>.runtimeconfig.json</c> names, else from the tool's own.
/// </summary>
internal sealed class AppTypes : IDisposable
{
    private readonly MetadataLoadContext context;

    private AppTypes(MetadataLoadContext context) => this.context = context;

    public static AppTypes Open(FileInfo application)
    {
        var files = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in AssemblyFiles.Read(application).Paths) files.TryAdd(Path.GetFileNameWithoutExtension(file), file);
        foreach (var folder in Frameworks(application).Prepend(application.DirectoryName!))
            foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.dll") : []) files.TryAdd(Path.GetFileNameWithoutExtension(file), file);
        return new AppTypes(new MetadataLoadContext(new PathAssemblyResolver(files.Values), "System.Private.CoreLib"));
    }

    /// <summary>A type as an attribute of the assembly spells it.</summary>
    /// <param name="reference">With its own assembly behind a comma, where that is another one; so are its arguments.</param>
    /// <param name="assembly">The assembly of the attribute.</param>
    /// <exception cref="ToolException">It is not there; the message names what is missing.</exception>
    public Type Find(string reference, string assembly)
    {
        if (!TypeName.TryParse(reference, out var name)) throw new ToolException($"'{reference}' is no type.");
        try
        {
            return Find(name, assembly);
        }
        catch (Exception e) when (e is IOException or TypeLoadException or BadImageFormatException)
        {
            throw new ToolException(e.Message);
        }
    }

    public void Dispose() => context.Dispose();

    // An argument that names no assembly is of the attribute's, and not of the one that its generic type is in.
    private Type Find(TypeName name, string assembly)
    {
        if (name.IsArray) return name.IsSZArray ? Find(name.GetElementType(), assembly).MakeArrayType() : Find(name.GetElementType(), assembly).MakeArrayType(name.GetArrayRank());
        if (name.IsConstructedGenericType) return Find(name.GetGenericTypeDefinition(), assembly).MakeGenericType([.. name.GetGenericArguments().Select(a => Find(a, assembly))]);
        var home = name.AssemblyName is { } own ? context.LoadFromAssemblyName(own.ToAssemblyName()) : context.LoadFromAssemblyName(assembly);
        return home.GetType(name.FullName, throwOnError: true)!;
    }

    private static IEnumerable<string> Frameworks(FileInfo application)
    {
        var own = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var shared = Path.GetDirectoryName(Path.GetDirectoryName(own))!;
        foreach (var (name, version) in Named(Path.ChangeExtension(application.FullName, ".runtimeconfig.json")))
        {
            var all = Path.Combine(shared, name);
            var same = (Directory.Exists(all) ? Directory.GetDirectories(all) : []).Where(d => Path.GetFileName(d).Split('.')[0] == version.Split('.')[0]);
            if (same.MaxBy(d => Version.TryParse(Path.GetFileName(d), out var found) ? found : new Version()) is { } newest) yield return newest;
        }

        yield return own;
        var web = Path.Combine(shared, "Microsoft.AspNetCore.App", Path.GetFileName(own));
        if (Directory.Exists(web)) yield return web;
    }

    // "runtimeOptions": { "framework": { "name": "", "version": "" } }, or "frameworks": [ ... ]
    private static IEnumerable<(string Name, string Version)> Named(string config)
    {
        if (!File.Exists(config)) return [];
        using var json = JsonDocument.Parse(File.ReadAllBytes(config));
        if (!json.RootElement.TryGetProperty("runtimeOptions", out var options)) return [];
        var frameworks = options.TryGetProperty("frameworks", out var several) ? several.EnumerateArray().ToList() : options.TryGetProperty("framework", out var one) ? [one] : [];
        return [.. frameworks.Select(f => (f.GetProperty("name").GetString()!, f.GetProperty("version").GetString()!))];
    }
}
