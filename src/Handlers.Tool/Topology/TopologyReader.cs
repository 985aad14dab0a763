using System.Text.Json;
using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary>What was read, and what the reader should know of it.</summary>
/// <param name="Topology">Without any configuration, where it is of an assembly.</param>
/// <param name="IsFromJson">Whether a file of <c>describe --json</c> was read.</param>
/// <param name="Warnings">What may be missing.</param>
internal sealed record ReadTopology(Topology Topology, bool IsFromJson, IReadOnlyList<string> Warnings);

/// <summary>Reads an application's topology: of its built assemblies, or of a file that <c>describe --json</c> wrote.</summary>
internal static class TopologyReader
{
    public const int Version = 1;

    private static readonly string[] Brokers = ["Kafka", "Kinesis", "Embedded"];

    /// <param name="file">An assembly, or a file of JSON.</param>
    /// <param name="application">The application's name; null: the assembly's.</param>
    public static ReadTopology Read(FileInfo file, string? application = null)
    {
        if (Directory.Exists(file.FullName)) throw new ToolException($"{file.FullName} is a folder. Name the application's assembly in it, such as App.dll.");
        if (!file.Exists) throw new ToolException($"There is no file {file.FullName}. Build the application, and name its assembly: bin/Release/net10.0/App.dll.");
        return IsJson(file)
            ? new(TopologyJson.Read(Json(file), file.FullName, application), IsFromJson: true, [])
            : OfAssembly(file, application);
    }

    /// <summary>By what it is called, or what it begins with. What can only be read once, such as a pipe of a shell, is no assembly.</summary>
    private static bool IsJson(FileInfo file)
    {
        if (string.Equals(file.Extension, ".json", StringComparison.OrdinalIgnoreCase)) return true;
        using var stream = file.OpenRead();
        return !stream.CanSeek || stream.ReadByte() is '{';
    }

    private static ReadTopology OfAssembly(FileInfo file, string? application)
    {
        var files = AssemblyFiles.Read(file);
        var root = files.All[0];
        var name = application ?? root.Name;
        var handlers = files.All.SelectMany(a => a.Handlers.Select(h => Handler(Parse(h.Json, a.Name), h.Types, a.Name, name))).ToList();
        var old = files.All.Where(a => a.HasModule && a.Handlers.Count == 0).Select(a => a.Name).ToList();
        if (handlers.Count == 0) throw new ToolException(WhyNone(file, files, old));
        var warnings = files.Missing.Select(m => $"{m} is referenced and is neither beside {file.Name} nor where its .deps.json says: handlers in it are not seen.")
            .Concat(old.Select(o => $"{o} has handlers and says nothing of them: it was built with an older version of Handlers, or trimmed. Build it again."));
        var referenced = files.All.SelectMany(a => a.References).ToLookup(r => r.Key, r => r.Value);
        return new(
            new Topology(name, root.Version, referenced["Handlers"].Max()?.ToString(3) ?? "", [.. Brokers.Where(b => referenced.Contains("Handlers." + b)).Select(b => b.ToLowerInvariant())], Sorted(handlers)),
            IsFromJson: false, [.. warnings]);
    }

    /// <summary>A handler of the text of its attribute; what counts is what is declared.</summary>
    public static TopologyHandler Handler(JsonObject text, IReadOnlyDictionary<string, string> types, string assembly, string application)
    {
        if ((text["v"]?.GetValue<int>() ?? Version) is var version and > Version)
            throw new ToolException($"{assembly} was built with a newer version of Handlers, whose topology has version {version}; this tool reads version {Version}. Install a newer tool: dotnet tool update Handlers.Tool");
        var declared = SettingsText.Read(text);
        return new TopologyHandler
        {
            Name = SettingsText.Text(text, "name") ?? "",
            Method = SettingsText.Text(text, "method") ?? "",
            Assembly = assembly,
            Text = text,
            Declared = declared,
            Settings = declared with { Group = declared.Group ?? application },
            Default = application,
            MessageType = SettingsText.Text(text, "messageType"),
            TypeFrom = Enum.TryParse<TypeSource>(SettingsText.Text(text, "typeFrom"), out var from) ? from : TypeSource.Header,
            TypeName = SettingsText.Text(text, "typeName"),
            Batch = SettingsText.Text(text, "batch"),
            Reads = [.. SettingsText.Texts(text, "reads")],
            Payload = Payload(text["payload"], types, "Payload", "Context"),
            Published = Payload(text["publish"], types, "Result", "ResultContext"),
            Errors = [.. SettingsText.Texts(text, "errors")],
        };
    }

    private static TopologyPayload? Payload(JsonNode? node, IReadOnlyDictionary<string, string> types, string type, string context) => node is not JsonObject text ? null : new TopologyPayload(SettingsText.Text(text, "kind") ?? "", SettingsText.Text(text, "type") ?? "")
    {
        IsNullable = text["nullable"]?.GetValue<bool>() ?? false,
        IsFramed = text["framed"]?.GetValue<bool>() ?? false,
        Reference = types.GetValueOrDefault(type),
        Context = types.GetValueOrDefault(context),
        Shape = SettingsText.Text(text, "shape"),
        Keyed = SettingsText.Text(text, "keyed"),
    };

    public static IReadOnlyList<TopologyHandler> Sorted(IEnumerable<TopologyHandler> handlers) => [.. handlers.OrderBy(h => h.Name, StringComparer.Ordinal).ThenBy(h => h.Method, StringComparer.Ordinal)];

    private static JsonObject Json(FileInfo file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file.FullName)) as JsonObject ?? throw new JsonException("it is no object");
        }
        catch (JsonException e)
        {
            throw new ToolException($"{file.FullName} is not what 'handlers describe --json' writes: {e.Message}");
        }
    }

    private static JsonObject Parse(string json, string assembly)
    {
        try
        {
            return (JsonObject)JsonNode.Parse(json)!;
        }
        catch (JsonException e)
        {
            throw new ToolException($"The topology in {assembly} is no JSON: {e.Message} Build it again.");
        }
    }

    private static string WhyNone(FileInfo file, AssemblyFiles files, List<string> old)
    {
        if (old.Count > 0) return $"{string.Join(", ", old)} has handlers and says nothing of them: built with an older version of Handlers, or trimmed. Build it again, and give {file.Name} of bin/.";
        var missing = files.Missing.Count == 0 ? "" : $" Not found are {string.Join(", ", files.Missing)}, which may have some: give the assembly in the folder that the application runs from.";
        return files.All.Any(f => f.References.ContainsKey("Handlers"))
            ? $"{file.Name} uses Handlers and has no method that is marked [StreamHandler], nor has an assembly that it references.{missing}"
            : $"{file.Name} does not use Handlers, nor does an assembly that it references.{missing}";
    }
}
