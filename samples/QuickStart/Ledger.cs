using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuickStart;

/// <summary>
/// What was handled, written down durably and apart from the log: what a run calls lost is measured against it. Each process writes
/// a file of its own, as processes that append to one file may overwrite each other's lines; all of them are read together.
/// </summary>
public sealed class Ledger : IDisposable
{
    private readonly Lock gate = new();
    private readonly string folder;
    private readonly FileStream file;               // guarded by gate
    private readonly Dictionary<string, int> times; // guarded by gate: how often each event was handled, earlier runs included
    private readonly Dictionary<string, int> here = new(StringComparer.Ordinal); // guarded by gate: of these, by this run
    private int untilCrash;                         // guarded by gate; 0: never

    public Ledger(string folder, int crashAfter)
    {
        this.folder = folder;
        times = Lines(folder).CountBy(line => line[0]).ToDictionary(StringComparer.Ordinal);
        var name = string.Create(CultureInfo.InvariantCulture, $"ledger-{TimeProvider.System.GetUtcNow().UtcTicks:D19}-{Environment.ProcessId}.txt");
        file = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        untilCrash = crashAfter;
    }

    /// <summary>How many events are handled, each counted once.</summary>
    public int Events
    {
        get
        {
            lock (gate) return times.Count;
        }
    }

    /// <summary>The ledgers of all runs, in the order of their starts.</summary>
    public static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "ledger-*.txt").Order(StringComparer.Ordinal);

    /// <summary>One write of one line: a process that is killed leaves whole lines. JSON, as an id may be any text.</summary>
    public void Write(string id, string network)
    {
        lock (gate)
        {
            file.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize([id, network], LineJson.Default.StringArray) + "\n"));
            times[id] = times.GetValueOrDefault(id) + 1;
            here[id] = here.GetValueOrDefault(id) + 1;
            if (untilCrash > 0 && --untilCrash == 0) Process.GetCurrentProcess().Kill();
        }
    }

    /// <summary>Each event of all runs once, with its network.</summary>
    public Dictionary<string, string> Read() => Lines(folder).DistinctBy(line => line[0]).ToDictionary(line => line[0], line => line[1], StringComparer.Ordinal);

    /// <summary>How many of the messages that this run handled had been handled before: more often than their events were appended.</summary>
    public int Repeated(IEnumerable<string> appendedIds)
    {
        var appended = appendedIds.CountBy(id => id).ToDictionary(StringComparer.Ordinal);
        lock (gate) return here.Sum(h => Math.Clamp(times[h.Key] - appended.GetValueOrDefault(h.Key), 0, h.Value));
    }

    public void Dispose() => file.Dispose();

    /// <summary>As File.ReadLines, of a file that another process may be writing.</summary>
    public static IEnumerable<string> ReadLines(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        while (reader.ReadLine() is { } line) yield return line;
    }

    /// <summary>The whole lines of all files; the last line of a process that was killed may be broken off.</summary>
    private static IEnumerable<string[]> Lines(string folder) => Files(folder).SelectMany(ReadLines).Select(Parse).Where(line => line.Length == 2);

    private static string[] Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, LineJson.Default.StringArray) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

/// <summary>A line of the ledger is an array; a line of the list of appended ids is text, or null.</summary>
[JsonSerializable(typeof(string[])), JsonSerializable(typeof(string))]
internal sealed partial class LineJson : JsonSerializerContext;
