using System.Text.Json;

namespace Handlers.Tool;

/// <summary>
/// An application's assemblies: the one that is named, and what it references, and so on, but for .NET's own. They are where the runtime looks:
/// beside it, else where its <c>.deps.json</c> says they are in the packages of this machine.
/// </summary>
internal sealed class AssemblyFiles
{
    private static readonly string[] Frameworks =
    [
        "System", "mscorlib", "netstandard", "WindowsBase", "Microsoft.AspNetCore", "Microsoft.CSharp", "Microsoft.Extensions", "Microsoft.JSInterop", "Microsoft.Net.Http.Headers",
        "Microsoft.VisualBasic", "Microsoft.Win32",
    ];

    private readonly string folder;
    private readonly Lazy<Dictionary<string, string>> packages;

    private AssemblyFiles(FileInfo root)
    {
        folder = root.DirectoryName!;
        packages = new(() => InPackages(Path.ChangeExtension(root.FullName, ".deps.json")));
    }

    /// <summary>The named one first, then from near to far.</summary>
    public IReadOnlyList<AssemblyFile> All { get; private init; } = [];

    /// <summary>References whose files are not there.</summary>
    public IReadOnlyList<string> Missing { get; private init; } = [];

    /// <summary>The files of all of them.</summary>
    public IReadOnlyList<string> Paths { get; private init; } = [];

    public static AssemblyFiles Read(FileInfo root)
    {
        var first = AssemblyFile.Read(root.FullName) ?? throw new ToolException(NotAnAssembly(root));
        var files = new AssemblyFiles(root);
        var (all, missing, paths) = (new List<AssemblyFile> { first }, new List<string>(), new List<string> { root.FullName });
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { first.Name };
        for (var i = 0; i < all.Count; i++)
        {
            foreach (var name in all[i].References.Keys.Where(n => !IsFramework(n) && seen.Add(n)))
            {
                if (files.Find(name) is not { } path) missing.Add(name);
                else if (AssemblyFile.Read(path) is { } file) { all.Add(file); paths.Add(path); }
            }
        }

        return new AssemblyFiles(root) { All = all, Missing = missing, Paths = paths };
    }

    /// <summary>True for .NET's own assemblies, ASP.NET Core's with them, by name or by what it begins with: no handler is in them.</summary>
    public static bool IsFramework(string name) => Frameworks.Any(f => name.StartsWith(f, StringComparison.Ordinal) && (name.Length == f.Length || name[f.Length] == '.'));

    private string? Find(string name)
    {
        var beside = Path.Combine(folder, name + ".dll");
        return File.Exists(beside) ? beside : packages.Value.GetValueOrDefault(name);
    }

    // "libraries": { "Name/1.0.0": { "path": "name/1.0.0" } }, "targets": { "...": { "Name/1.0.0": { "runtime": { "lib/net8.0/Name.dll": {} } } } }
    private static Dictionary<string, string> InPackages(string deps)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (!File.Exists(deps)) return found;
        var root = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(deps));
            var libraries = json.RootElement.GetProperty("libraries");
            foreach (var library in json.RootElement.GetProperty("targets").EnumerateObject().SelectMany(t => t.Value.EnumerateObject()))
            {
                if (!library.Value.TryGetProperty("runtime", out var runtime) || !libraries.TryGetProperty(library.Name, out var at) || !at.TryGetProperty("path", out var path)) continue;
                foreach (var file in runtime.EnumerateObject().Select(f => Path.Combine(root, path.GetString()!, f.Name)).Where(File.Exists)) found.TryAdd(Path.GetFileNameWithoutExtension(file), file);
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // What is missing is said by name.
        }

        return found;
    }

    private static string NotAnAssembly(FileInfo file)
    {
        var dll = Path.ChangeExtension(file.FullName, ".dll");
        var built = file.FullName != dll && File.Exists(dll) ? $": {dll}" : ", which the build leaves in bin/";
        return $"{file.FullName} is no .NET assembly. Of an application that is published with NativeAOT or as a single file, give the assembly that it was made of{built}.";
    }
}
