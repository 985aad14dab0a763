using System.Globalization;

namespace Handlers.Embedded;

/// <summary>The file of a log, and how its connections are opened. Immutable.</summary>
internal sealed class LogFile
{
    /// <summary>What the file is called inside its folder.</summary>
    public const string Name = "handlers.db";

    private readonly Durability durability;

    public LogFile(string folder, TimeSpan busyTimeout, Durability durability)
    {
        Folder = System.IO.Path.GetFullPath(folder);
        Path = System.IO.Path.Combine(Folder, Name);
        BusyTimeout = busyTimeout;
        this.durability = durability;
    }

    /// <summary>Null: as many as the disk has room for.</summary>
    public long? MostPages { get; init; }

    public string Folder { get; }

    public string Path { get; }

    public TimeSpan BusyTimeout { get; }

    /// <summary>Whether the file is there and has no bytes: cut off, or left by a process that died while it made it.</summary>
    public bool IsEmpty => new FileInfo(Path) is { Exists: true, Length: 0 };

    /// <summary>Opens the connection that writes, and makes folder, file and tables where they are missing.</summary>
    public Database OpenToWrite()
    {
        try
        {
            Directory.CreateDirectory(Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DatabaseErrors.Folder(Folder, e);
        }

        var database = Database.Open(Path, create: true, BusyTimeout);
        try
        {
            var isNew = Schema.IsMissing(database);
            database.Execute("PRAGMA journal_mode=WAL");
            // FULL: the write-ahead log is on the disk before COMMIT returns. NORMAL: the operating system has it.
            database.Execute(durability == Durability.PowerLoss ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
            // A log that begins anew is cut off: its length tells how much there is to move over.
            database.Execute("PRAGMA journal_size_limit=0");
            if (MostPages is { } pages) database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count={pages}"));
            if (isNew) Schema.Create(database);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that reads. The file was made before by <see cref="OpenToWrite"/>.</summary>
    public Database OpenToRead() => Database.Open(Path, create: false, BusyTimeout);
}
