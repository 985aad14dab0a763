namespace Handlers.Embedded;

/// <summary>Looks whether another connection changed the file, which costs next to nothing, and only then what.</summary>
/// <remarks>The heartbeat's alone.</remarks>
internal sealed class FileWatch(EmbeddedTransport transport) : IDisposable
{
    private readonly Database database = transport.File.OpenToRead();
    private long? seen;

    public void Look(Dictionary<string, long> versions)
    {
        var now = database.Number("PRAGMA data_version");
        if (now == seen) return;
        using (var rows = database.Prepare("SELECT id, next, newest FROM partitions"))
            while (rows.Step()) transport.Ends.Advance(rows.Partition(0), rows.Position(1), rows.IsNull(2) ? null : rows.Timestamp(2));
        using (var rows = database.Prepare("SELECT name, version FROM groups"))
            while (rows.Step()) versions[rows.Text(0)] = rows.Long(1);
        seen = now;
    }

    public void Dispose() => database.Dispose();
}
