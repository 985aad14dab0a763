using static SQLitePCL.raw;

namespace Handlers.Embedded;

/// <summary>
/// One SQLite connection with its prepared statements. Used by one thread at a time: the writer owns one, each reader
/// rents one. Every failure leaves as a <see cref="TransportException"/> that names the file.
/// </summary>
internal sealed class Database : IDisposable
{
    private readonly SQLitePCL.sqlite3 connection;
    private readonly Dictionary<string, Statement> statements = new(StringComparer.Ordinal);

    static Database() => SQLitePCL.Batteries_V2.Init();

    private Database(SQLitePCL.sqlite3 connection, string path, TimeSpan busyTimeout)
    {
        this.connection = connection;
        Path = path;
        BusyTimeout = busyTimeout;
    }

    /// <summary>The file, for errors and for the size of its write-ahead log.</summary>
    public string Path { get; }

    /// <summary>How long SQLite itself waits for a lock of another connection.</summary>
    public TimeSpan BusyTimeout { get; }

    /// <summary>Opens the file; <paramref name="create"/> makes it where it is missing.</summary>
    public static Database Open(string path, bool create, TimeSpan busyTimeout)
    {
        var flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
        var result = sqlite3_open_v2(path, out var connection, flags, null);
        var database = new Database(connection, path, busyTimeout);
        try
        {
            database.Check(result);
            Check(sqlite3_busy_timeout(connection, (int)busyTimeout.TotalMilliseconds), database);
            // Checkpoints are the writer's, under the write lock: see WriteAheadLog.
            database.Check(sqlite3_wal_autocheckpoint(connection, 0));
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>A prepared statement, reset and without bindings. One use at a time per text.</summary>
    public Statement Prepare(string sql)
    {
        if (!statements.TryGetValue(sql, out var statement))
        {
            Check(sqlite3_prepare_v3(connection, sql, SQLITE_PREPARE_PERSISTENT, out var handle));
            statement = new Statement(this, handle);
            statements.Add(sql, statement);
        }

        statement.Reset();
        return statement;
    }

    /// <summary>Runs statements without results.</summary>
    public void Execute(string sql) => Check(sqlite3_exec(connection, sql));

    /// <summary>The first column of the first row; null where there is no row or it holds NULL.</summary>
    public long? Number(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() && !statement.IsNull(0) ? statement.Long(0) : null;
    }

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => sqlite3_changes(connection);

    /// <summary>Whether a transaction is open. SQLite ends it by itself on some failures.</summary>
    public bool InTransaction => sqlite3_get_autocommit(connection) == 0;

    /// <summary>Begins to write: true, or at once false while another connection writes.</summary>
    public bool TryBegin()
    {
        _ = sqlite3_busy_timeout(connection, 0);
        var result = sqlite3_exec(connection, "BEGIN IMMEDIATE");
        _ = sqlite3_busy_timeout(connection, (int)BusyTimeout.TotalMilliseconds);
        if (result is SQLITE_BUSY or SQLITE_LOCKED) return false;
        Check(result);
        return true;
    }

    /// <summary>Undoes what the open transaction did, if there is one.</summary>
    public void RollBack()
    {
        foreach (var statement in statements.Values) statement.Reset();
        if (InTransaction) sqlite3_exec(connection, "ROLLBACK");
    }

    /// <summary>Throws what a result code means.</summary>
    public void Check(int result) => Check(result, this);

    /// <summary>The file holds what this transport never writes.</summary>
    public TransportException Damaged(string what) => DatabaseErrors.Damaged(Path, what);

    private static void Check(int result, Database database)
    {
        if (result is SQLITE_OK or SQLITE_ROW or SQLITE_DONE) return;
        throw DatabaseErrors.Of(result, sqlite3_errmsg(database.connection).utf8_to_string(), database.Path, database.BusyTimeout);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var statement in statements.Values) statement.Finish();
        statements.Clear();
        sqlite3_close_v2(connection);
    }
}
