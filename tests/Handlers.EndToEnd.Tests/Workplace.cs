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

    /// <summary>What handlers wrote down, run by run, in order, repetitions and all.</summary>
    public List<(string Id, string Network)> Ledger(string input) =>
        [.. Ledgers(input).SelectMany(File.ReadLines).Where(l => l.EndsWith(']')).Select(l => JsonNode.Parse(l)!).Select(l => ((string)l[0]!, (string)l[1]!))];

    /// <summary>The bytes of what handlers wrote down: cheap to look at often.</summary>
    public long LedgerLength(string input) => Ledgers(input).Sum(path => new FileInfo(path).Length);

    /// <summary>One file for each run.</summary>
    public IReadOnlyList<string> Ledgers(string input) =>
        Directory.Exists(Folder(input)) ? [.. Directory.GetFiles(Folder(input), "ledger-*.txt").Order(StringComparer.Ordinal)] : [];

    /// <summary>How many messages the topic has.</summary>
    public long Appended(string input)
    {
        using var log = EmbeddedLog.Open(Folder(input));
        return log.Partitions().Where(p => p.Topic == "earthquakes").Sum(p => p.Count);
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
