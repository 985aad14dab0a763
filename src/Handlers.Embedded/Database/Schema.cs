using System.Globalization;

namespace Handlers.Embedded;

/// <summary>The tables of the file. docs/embedded.md explains them to people who look inside.</summary>
internal static class Schema
{
    /// <summary>"HNDL": tells our files from other SQLite files.</summary>
    private const int ApplicationId = 0x484E444C;

    /// <summary>Raised with every change of the tables; a file of a higher version is refused.</summary>
    private const int Version = 1;

    /// <summary>
    /// A message's id is its partition's id shifted by so many bits, plus its position: one table, clustered by partition,
    /// without an index. It leaves room for 10^12 messages in each of 8 million partitions.
    /// </summary>
    private const int PositionBits = 40;

    /// <summary>The highest position that an id has room for.</summary>
    public const long LastPosition = (1L << PositionBits) - 1;

    /// <summary>The highest id of a partition that a message's id has room for.</summary>
    public const long LastPartition = (1L << (63 - PositionBits)) - 2;

    /// <summary>The timestamps that .NET has.</summary>
    public static readonly long FirstTimestamp = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();

    /// <inheritdoc cref="FirstTimestamp" />
    public static readonly long LastTimestamp = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>The id of a position in a partition.</summary>
    public static long MessageId(long partition, long position) => (partition << PositionBits) + position;

    /// <summary>The position of a message's id.</summary>
    public static long PositionOf(long messageId) => messageId & ((1L << PositionBits) - 1);

    // first: the first position that is kept. next: the position of the next message; both begin at 1, so that 0 is
    // "nothing handled yet". handled: NULL where a position was deleted. newest: the timestamp of the last message.
    // appended: when a message with a timestamp of its own came in.
    private const string Tables = """
        CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL);
        CREATE TABLE partitions(
            id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, number INTEGER NOT NULL, first INTEGER NOT NULL DEFAULT 1,
            next INTEGER NOT NULL DEFAULT 1, bytes INTEGER NOT NULL DEFAULT 0, newest INTEGER, UNIQUE(topic, number));
        CREATE TABLE messages(
            id INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, appended INTEGER, key BLOB, headers BLOB, body BLOB);
        CREATE TABLE groups(name TEXT PRIMARY KEY, version INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE TABLE members(
            "group" TEXT NOT NULL, name TEXT NOT NULL, counter INTEGER NOT NULL, lease INTEGER NOT NULL, topics TEXT NOT NULL,
            PRIMARY KEY("group", name)) WITHOUT ROWID;
        CREATE TABLE positions(
            "group" TEXT NOT NULL, partition INTEGER NOT NULL, handled INTEGER, epoch INTEGER NOT NULL DEFAULT 0,
            owner TEXT, PRIMARY KEY("group", partition)) WITHOUT ROWID;
        """;

    /// <summary>
    /// Whether the tables are still to be made. Throws where the file is of something else or from the future; changes nothing.
    /// </summary>
    public static bool IsMissing(Database database)
    {
        if (database.Number("PRAGMA application_id") == ApplicationId)
        {
            CheckVersion(database);
            return false;
        }

        if (database.Number("SELECT count(*) FROM sqlite_schema") == 0) return true;
        // Another process may have made the tables between the two looks.
        if (database.Number("PRAGMA application_id") == ApplicationId) return false;
        throw new TransportException(
            $"The file '{database.Path}' is a SQLite database of something else. Name another folder for the embedded log; it was left as it is.");
    }

    /// <summary>Makes the tables, unless another process has just done so.</summary>
    public static void Create(Database database)
    {
        database.Execute("BEGIN IMMEDIATE");
        try
        {
            if (database.Number("SELECT count(*) FROM sqlite_schema") == 0)
            {
                database.Execute(Tables);
                database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id={ApplicationId}; PRAGMA user_version={Version}"));
            }

            database.Execute("COMMIT");
        }
        catch
        {
            database.RollBack();
            throw;
        }
    }

    private static void CheckVersion(Database database)
    {
        var version = database.Number("PRAGMA user_version");
        if (version is null or < 1) throw database.Damaged("its version is missing");
        if (version > Version)
            throw new TransportException(string.Create(CultureInfo.InvariantCulture,
                $"The log '{database.Path}' was made by a newer version of Handlers.Embedded (its format is {version}, this one reads up to {Version}). Update the package."));
    }
}
