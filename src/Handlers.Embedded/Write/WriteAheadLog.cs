using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Handlers.Embedded;

/// <summary>
/// Moves the write-ahead log over into the file when it has grown, so that it does not grow for ever: the next commit then
/// begins the log anew, and cuts it off.
/// </summary>
/// <remarks>
/// Invariant: no connection moves the log over unless a connection of the same process holds the write lock meanwhile. So no
/// commit begins the log anew while that runs, and two never run at once. (Where they meet, SQLite up to 3.51.2 can
/// damage a file: https://sqlite.org/wal.html#walresetbug.) It waits for no reader: what a reader still needs is
/// left for the next time.
/// </remarks>
internal sealed class WriteAheadLog(LogFile file, WriteLock writeLock, ILogger log) : IDisposable
{
    private const long Limit = 16 * 1024 * 1024;
    private const long Remarkable = 8 * Limit; // short reads hold up some of it now and then; this much, only a long one

    private readonly string path = file.Path + "-wal";
    private long next = Limit;
    private Database? holder; // holds the write lock, and does nothing else

    /// <summary>Called after a commit. A failure is the next write's to report: what was committed is durable.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Nothing here may undo an acknowledged write.")]
    public async ValueTask MoveOverAsync(Database database)
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length < next) return;
            holder ??= file.OpenToRead();
            await writeLock.TakeAsync(holder);
            try
            {
                var all = MoveOver(database);
                // Behind a reader that does not end, every attempt would copy the same pages again.
                next = all ? Limit : length + Limit;
                if (!all && length >= Remarkable) EmbeddedLogs.WriteAheadLogKept(log, file.Path, length);
            }
            finally
            {
                holder.RollBack();
            }
        }
        catch (Exception e)
        {
            holder?.Dispose();
            holder = null;
            EmbeddedLogs.WriteAheadLogFailed(log, file.Path, e);
        }
    }

    private static bool MoveOver(Database database)
    {
        // Its row: busy, pages in the log, pages moved over.
        using var row = database.Prepare("PRAGMA wal_checkpoint(PASSIVE)");
        return row.Step() && row.Long(0) == 0 && row.Long(1) == row.Long(2);
    }

    public void Dispose() => holder?.Dispose();
}
