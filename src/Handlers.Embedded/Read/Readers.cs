using System.Collections.Concurrent;

namespace Handlers.Embedded;

/// <summary>
/// Connections that read, lent for one batch at a time: a lane that waits holds none, and no reader keeps an old state of
/// the file for longer than a batch.
/// </summary>
internal sealed class Readers(LogFile file) : IDisposable
{
    private static readonly int MostIdle = Environment.ProcessorCount + 2;
    private readonly ConcurrentBag<Database> idle = [];
    private volatile bool closed;

    /// <summary>One to read with. A file that is away may come back: the error is then transient.</summary>
    public Database Rent()
    {
        if (idle.TryTake(out var database)) return database;
        try
        {
            return file.OpenToRead();
        }
        catch (TransportException e) when (!e.IsTransient && !File.Exists(file.Path))
        {
            throw new TransportException(e.Message, e) { IsTransient = true };
        }
    }

    public void Return(Database database)
    {
        if (closed || idle.Count >= MostIdle) database.Dispose();
        else idle.Add(database);
    }

    public void Dispose()
    {
        closed = true;
        while (idle.TryTake(out var database)) database.Dispose();
    }
}
