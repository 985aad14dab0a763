using Microsoft.Data.Sqlite;

namespace SearchIndexKinesis;

/// <summary>A full-text index in a file of SQLite. Handlers of several shards write to it; one at a time has the connection.</summary>
public sealed class SearchIndex : IDisposable
{
    private readonly Lock gate = new();
    private readonly SqliteConnection connection;

    public SearchIndex(string folder)
    {
        SQLitePCL.Batteries_V2.Init();
        Directory.CreateDirectory(folder);
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "search.db") }.ToString());
        connection.Open();
        Execute("PRAGMA journal_mode = WAL");
        Execute("CREATE VIRTUAL TABLE IF NOT EXISTS strikes USING fts5(species, airport, state, aircraft, operator, phase, damage, date UNINDEXED)");
    }

    /// <summary>Durable when it returns: the stream's checkpoint comes after it.</summary>
    public void Put(IReadOnlyList<Strike> strikes)
    {
        lock (gate)
        {
            using var transaction = connection.BeginTransaction();
            using var command = connection.CreateCommand();
            command.CommandText = "INSERT OR REPLACE INTO strikes (rowid, species, airport, state, aircraft, operator, phase, damage, date) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
            foreach (var s in strikes)
            {
                command.Parameters.Clear();
                object[] values = [s.Report, s.Species, s.Airport, s.State, s.Aircraft, s.Operator, s.Phase, s.Damage, s.Date];
                for (var i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"${i + 1}", values[i]);
                command.ExecuteNonQuery();
            }

            transaction.Commit();
        }
    }

    /// <summary>The ids of all reports that it has.</summary>
    public HashSet<int> Reports() => [.. Rows("SELECT rowid FROM strikes", null, static row => row.GetInt32(0))];

    /// <summary>What matches all words, the best first, and how many there are.</summary>
    public (int Count, IReadOnlyList<(int Report, string Text)> Best) Find(string words, int most)
    {
        // Each word in quotation marks, so that none of them is an operator of the query language.
        var query = string.Join(' ', words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static w => $"\"{w.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));
        if (query.Length == 0) return (0, []);
        var found = Rows("SELECT rowid, date || '  ' || species || ', ' || airport || ' (' || state || '), ' || aircraft FROM strikes WHERE strikes MATCH $1 ORDER BY rank, rowid", query, static row => (row.GetInt32(0), row.GetString(1)));
        return (found.Count, [.. found.Take(most)]);
    }

    public void Dispose() => connection.Dispose();

    private List<T> Rows<T>(string sql, string? parameter, Func<SqliteDataReader, T> row)
    {
        lock (gate)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            if (parameter is not null) command.Parameters.AddWithValue("$1", parameter);
            using var reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read()) rows.Add(row(reader));
            return rows;
        }
    }

    private void Execute(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
