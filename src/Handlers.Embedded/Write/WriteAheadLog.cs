using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Handlers.Embedded;

/// <summary>
/// Moves the write-ahead log over into the file when it has grown, so that it does not grow for ever.
/// </summary>
/// <remarks>
/// Invariant: no connection checkpoints by itself. A TRUNCATE checkpoint takes the write lock first, so no commit of another
/// process can begin the log anew while one runs. (SQLite up to 3.51.2 can damage a file when those two meet:
/// https://sqlite.org/wal.html#walresetbug.)
/// </remarks>
internal sealed class WriteAheadLog(string path, ILogger log)
{
    private const long Limit = 16 * 1024 * 1024;

    private readonly string file = path + "-wal";
    private long next = Limit;

    /// <summary>Called after a commit. A failure is the next write's to report: what was committed is durable.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Nothing here may undo an acknowledged write.")]
    public void MoveOver(Database database, TimeProvider time)
    {
        try
        {
            var length = new FileInfo(file).Length;
            if (length < next) return;
            var began = time.GetTimestamp();
            // Its row is (busy, frames, frames moved): busy where a reader holds an old state of the file.
            var busy = database.Number("PRAGMA wal_checkpoint(TRUNCATE)") != 0;
            // A reader that does not end would stop every writer at each attempt: try again when as much has come again.
            next = busy ? length * 2 : Limit;
            if (busy) EmbeddedLogs.WriteAheadLogKept(log, path, length, time.GetElapsedTime(began));
        }
        catch (Exception e)
        {
            EmbeddedLogs.WriteAheadLogFailed(log, path, e);
        }
    }
}
