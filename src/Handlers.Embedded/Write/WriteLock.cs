namespace Handlers.Embedded;

/// <summary>
/// The write lock of the file, which one connection of all processes has at a time. It is waited for by short delays of our
/// own: SQLite's own waiting would hold a thread, and its long steps let a busy process starve the others.
/// </summary>
internal sealed class WriteLock(LogFile file, TimeProvider time)
{
    private const int LongestStep = 5; // milliseconds

    /// <summary>Begins a write transaction, or throws a transient error when the lock was not to be had in time.</summary>
    public async ValueTask TakeAsync(Database database)
    {
        var began = time.GetTimestamp();
        for (var step = 1; !database.TryBegin(); step = Math.Min(step + 1, LongestStep))
        {
            if (time.GetElapsedTime(began) >= file.BusyTimeout)
                throw DatabaseErrors.Of(SQLitePCL.raw.SQLITE_BUSY, "database is locked", file.Path, file.BusyTimeout);
            await Task.Delay(TimeSpan.FromMilliseconds(step), time);
        }
    }
}
