using System.Globalization;
using static SQLitePCL.raw;

namespace Handlers.Embedded;

/// <summary>What SQLite's result codes mean to the owner of the file, and what to do about each.</summary>
internal static class DatabaseErrors
{
    public static TransportException Of(int result, string detail, string path, TimeSpan busyTimeout)
    {
        var (text, transient) = (result & 0xff) switch
        {
            SQLITE_BUSY or SQLITE_LOCKED => (
                string.Create(CultureInfo.InvariantCulture, $"The log '{path}' was locked by another process for more than {busyTimeout.TotalSeconds:0.###} s. Find the process that holds it (a tool with an open transaction, a backup), or raise BusyTimeout."), true),
            SQLITE_FULL => (
                $"There is no space left for the log '{path}'. Free some on its disk, or set RetentionAge or RetentionBytes. What was acknowledged is kept; what failed now was not acknowledged.", true),
            SQLITE_NOTADB => (
                $"The file '{path}' is not a Handlers log, or its beginning was overwritten. Name another folder, or restore the file from a backup; it was left as it is.", false),
            // What is unique, or of one type, cannot be otherwise by this transport's own writes.
            SQLITE_CORRUPT or SQLITE_CONSTRAINT or SQLITE_MISMATCH => (DamagedText(path), false),
            SQLITE_CANTOPEN => (
                $"The log '{path}' cannot be opened. Check that its folder exists or can be made, that it is a folder, and that this user may write to it.", false),
            SQLITE_READONLY or SQLITE_PERM or SQLITE_AUTH => (
                $"The log '{path}' cannot be written. Give this user the right to write to the file and to its folder (SQLite keeps two more files beside it).", false),
            SQLITE_IOERR => (
                $"The disk failed under the log '{path}'. Check the disk and the file system (network file systems do not lock as SQLite needs).", false),
            SQLITE_TOOBIG => ($"A message is larger than the log '{path}' can hold (1,000,000,000 bytes with its key and headers).", false),
            SQLITE_NOMEM => ($"There was not enough memory to use the log '{path}'.", true),
            _ => ($"The log '{path}' failed. If it does so again, another program has changed its tables, or it is damaged: restore it from a backup.", false),
        };
        return new TransportException(string.Create(CultureInfo.InvariantCulture, $"{text} (SQLite {result}: {detail})")) { IsTransient = transient };
    }

    /// <summary>What was read cannot be, though SQLite finds nothing wrong.</summary>
    public static TransportException Damaged(string path, string what) => new($"{DamagedText(path)} ({what})");

    /// <summary>A fault that is none of the file's, as far as known.</summary>
    public static TransportException Fault(string path, Exception cause) =>
        cause as TransportException ?? new TransportException($"The embedded transport failed with the log '{path}': {cause.Message}", cause);

    private static string DamagedText(string path) =>
        $"The log '{path}' is damaged. Stop every process that uses it, keep a copy of it with its -wal and -shm files, and recover with the sqlite3 tool (.recover) or from a backup. Nothing was deleted.";

    /// <summary>The folder could not be made.</summary>
    public static TransportException Folder(string folder, Exception cause) => new(
        $"The folder '{folder}' of the embedded log cannot be made or used: {cause.Message} Name a folder that this user may write to.", cause);
}
