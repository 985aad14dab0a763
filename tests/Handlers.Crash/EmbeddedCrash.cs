using Handlers.Embedded;

namespace Handlers.Crash;

/// <summary>The embedded log, with its options as they are by default.</summary>
internal sealed class EmbeddedCrash(string folder) : ICrashTransport
{
    private EmbeddedLog? log;

    public string Name => "embedded";

    public string Place => folder;

    private EmbeddedLog Log => log ??= EmbeddedLog.Open(folder);

    public void Use(HandlersBuilder handlers) => handlers.UseEmbedded(folder);

    public ValueTask CreateTopicAsync(string topic, int partitions)
    {
        Log.CreateTopic(topic, partitions);
        return default;
    }

    public ValueTask<IReadOnlyDictionary<string, Position>> CommittedAsync(string group, string topic) =>
        new(Log.Positions(group).Where(p => p.Topic == topic).ToDictionary(p => $"{p.Partition}", p => p.Handled));

    public ValueTask<long> LagAsync(string topic, IReadOnlyDictionary<string, Position> committed) =>
        new(Log.Partitions().Where(p => p.Topic == topic && committed.ContainsKey($"{p.Partition}")).Sum(p => p.Next - 1 - committed[$"{p.Partition}"].Number));

    /// <summary>SQLite's lock of writers is byte 120 of the file beside the log, and Linux tells who has it.</summary>
    public bool? IsCommitting(int process)
    {
        if (!File.Exists("/proc/locks")) return null;
        foreach (var line in File.ReadLines("/proc/locks"))
        {
            // 1: POSIX  ADVISORY  WRITE 4711 fd:00:1234 120 120
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [_, "POSIX", _, "WRITE", var pid, _, "120", "120"] && pid == $"{process}") return true;
        }

        return false;
    }

    public ValueTask DisposeAsync()
    {
        log?.Dispose();
        return default;
    }
}
