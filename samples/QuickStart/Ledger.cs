using System.Diagnostics;
using System.Text;

namespace QuickStart;

/// <summary>What was handled, written down durably and apart from the log: what a run calls lost is measured against it.</summary>
public sealed class Ledger : IDisposable
{
    private readonly Lock gate = new();
    private readonly FileStream file; // guarded by gate
    private int untilCrash;           // guarded by gate; 0: never

    public Ledger(string path, int crashAfter)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Path_ = path;
        file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        untilCrash = crashAfter;
    }

    private string Path_ { get; }

    /// <summary>One write of one line: a process that is killed leaves whole lines.</summary>
    public void Write(string id, string network)
    {
        lock (gate)
        {
            file.Write(Encoding.UTF8.GetBytes($"{id} {network}\n"));
            if (untilCrash > 0 && --untilCrash == 0) Process.GetCurrentProcess().Kill();
        }
    }

    /// <summary>Each event once, with its network.</summary>
    public Dictionary<string, string> Read()
    {
        lock (gate)
        {
            return File.ReadLines(Path_).Select(line => line.Split(' ')).Where(l => l.Length == 2)
                .DistinctBy(l => l[0]).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        }
    }

    public void Dispose() => file.Dispose();
}
