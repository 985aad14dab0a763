using System.Text.Json.Nodes;
using Handlers.Embedded;

namespace Handlers.EndToEnd.Tests;

/// <summary>A folder for one test, with an input and what a run leaves behind.</summary>
internal sealed class Workplace : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("handlers-e2e-").FullName;

    public string Data => Path.Combine(root, "data");

    /// <summary>Writes an input of so many events, by repeating the real ones under ids of their own.</summary>
    public IReadOnlyList<(string Id, string Network)> WriteEvents(string name, int count)
    {
        var real = File.ReadLines(QuickStartRun.Earthquakes).ToList();
        var events = new List<(string, string)>();
        using var file = new StreamWriter(PathOf(name));
        for (var i = 0; i < count; i++)
        {
            var quake = JsonNode.Parse(real[i % real.Count])!;
            var id = $"{(string?)quake["id"]}-{i}";
            quake["id"] = id;
            events.Add((id, (string)quake["properties"]!["net"]!));
            file.Write(quake.ToJsonString() + "\n");
        }

        return events;
    }

    public string Write(string name, string content)
    {
        File.WriteAllText(PathOf(name), content);
        return PathOf(name);
    }

    public string PathOf(string name) => Path.Combine(root, name);

    /// <summary>What handlers wrote down, in order, repetitions and all.</summary>
    public List<(string Id, string Network)> Ledger(string input)
    {
        var path = Path.Combine(Folder(input), "ledger.txt");
        if (!File.Exists(path)) return [];
        return [.. File.ReadLines(path).Select(l => l.Split(' ')).Where(l => l.Length == 2).Select(l => (l[0], l[1]))];
    }

    /// <summary>How many messages of the topic are committed as handled by a group.</summary>
    public long Committed(string input, string group)
    {
        using var log = EmbeddedLog.Open(Folder(input));
        return log.Positions(group).Sum(p => p.Handled.Number);
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    private string Folder(string input) => Path.Combine(Data, Path.GetFileNameWithoutExtension(input));
}
