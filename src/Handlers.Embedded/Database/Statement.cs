using static SQLitePCL.raw;

namespace Handlers.Embedded;

/// <summary>
/// A prepared statement of one connection. <see cref="Dispose"/> ends one use (it is kept prepared); the connection finishes it.
/// </summary>
internal sealed class Statement(Database database, SQLitePCL.sqlite3_stmt handle) : IDisposable
{
    public Statement Bind(int index, long value)
    {
        database.Check(sqlite3_bind_int64(handle, index, value));
        return this;
    }

    public Statement Bind(int index, string? value)
    {
        database.Check(value is null ? sqlite3_bind_null(handle, index) : sqlite3_bind_text(handle, index, value));
        return this;
    }

    public Statement Null(int index)
    {
        database.Check(sqlite3_bind_null(handle, index));
        return this;
    }

    /// <summary>Null and empty are two things: an empty span alone would bind NULL.</summary>
    public Statement Bind(int index, ReadOnlyMemory<byte>? value)
    {
        if (value is not { } bytes) return Null(index);
        database.Check(bytes.IsEmpty ? sqlite3_bind_zeroblob(handle, index, 0) : sqlite3_bind_blob(handle, index, bytes.Span));
        return this;
    }

    /// <summary>Goes to the next row: false after the last.</summary>
    public bool Step()
    {
        var result = sqlite3_step(handle);
        if (result == SQLITE_ROW) return true;
        if (result == SQLITE_DONE) return false;
        database.Check(result);
        return false;
    }

    /// <summary>Runs it to its end and makes it ready for the next use.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Run()
    {
        while (Step()) { }
        var changes = database.Changes;
        Reset();
        return changes;
    }

    public bool IsNull(int column) => sqlite3_column_type(handle, column) == SQLITE_NULL;

    /// <summary>A number. What the file holds instead, in a column that always holds one, is damage.</summary>
    public long Long(int column) =>
        sqlite3_column_type(handle, column) == SQLITE_INTEGER ? sqlite3_column_int64(handle, column) : throw Impossible(column);

    /// <summary>A number within what this transport ever writes there.</summary>
    public long Long(int column, long least, long most)
    {
        var value = Long(column);
        return value >= least && value <= most ? value : throw Impossible(column);
    }

    /// <summary>A position: 0 is the one before the first.</summary>
    public long Position(int column) => Long(column, 0, Schema.LastPosition);

    /// <summary>The id of a partition.</summary>
    public long Partition(int column) => Long(column, 1, Schema.LastPartition);

    /// <summary>Milliseconds since 1970.</summary>
    public long Timestamp(int column) => Long(column, Schema.FirstTimestamp, Schema.LastTimestamp);

    public string Text(int column) =>
        sqlite3_column_type(handle, column) == SQLITE_TEXT ? sqlite3_column_text(handle, column).utf8_to_string() : throw Impossible(column);

    public string? NullableText(int column) => IsNull(column) ? null : Text(column);

    /// <summary>What a column holds cannot be.</summary>
    public TransportException Impossible(int column) => database.Damaged($"column {sqlite3_column_name(handle, column).utf8_to_string()} holds what is never written there");

    public int Length(int column) => sqlite3_column_bytes(handle, column);

    /// <summary>Valid until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column) => sqlite3_column_blob(handle, column);

    /// <summary>Ends the use. A failure that reset repeats was thrown by the step that met it.</summary>
    public void Reset() => _ = sqlite3_reset(handle);

    public void Dispose() => Reset();

    public void Finish() => handle.Dispose();
}
