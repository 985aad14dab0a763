using System.Text;

namespace Handlers.Embedded.Worker;

/// <summary>A file of lines that are on the disk when <see cref="Write"/> returns: what a kill cannot undo.</summary>
internal sealed class DurableLines(string path) : IDisposable
{
    private readonly FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read);

    public void Write(IEnumerable<string> lines)
    {
        // One write: a kill leaves whole lines, or a last one without its end that readers skip.
        file.Write(Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n"))));
        file.Flush(flushToDisk: true);
    }

    public void Dispose() => file.Dispose();
}
