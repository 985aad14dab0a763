using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Handlers.Embedded;

/// <summary>
/// The one place that writes: a queue, a connection and a loop. Writes that wait at the same time share a transaction, so
/// that one confirmation by the disk serves them all.
/// </summary>
internal sealed class Writer : IAsyncDisposable
{
    private const int MostShared = 10_000;
    private const long MostSharedBytes = 16 * 1024 * 1024;

    private readonly Channel<Write> queue = Channel.CreateUnbounded<Write>(new UnboundedChannelOptions { SingleReader = true });
    private readonly LogFile file;
    private readonly Transaction transaction;
    private readonly WriteAheadLog writeAheadLog;
    private readonly WriteLock writeLock;
    private readonly ILogger log;
    private readonly Task loop;
    private Database? database; // the loop's alone

    public Writer(LogFile file, EmbeddedOptions options, Ends ends, TimeProvider time, ILogger log)
    {
        this.file = file;
        this.log = log;
        transaction = new Transaction(options, ends);
        writeLock = new WriteLock(file, time);
        writeAheadLog = new WriteAheadLog(file, writeLock, log);
        loop = Work.Start(LoopAsync);
    }

    /// <summary>
    /// Queues a write. It completes when it is durable. <paramref name="stop"/> withdraws it: cancelled means not written, and its
    /// bytes are the caller's again.
    /// </summary>
    public async ValueTask WriteAsync(Write write, CancellationToken stop)
    {
        if (!queue.Writer.TryWrite(write)) throw Closed();
        await using var withdrawal = stop.UnsafeRegister(static (write, stop) => ((Write)write!).Withdraw(stop), write);
        await write.Done;
    }

    private TransportException Closed() => new($"The log '{file.Path}' was closed by this process.");

    private async Task LoopAsync()
    {
        var group = new List<Write>();
        try
        {
            while (await queue.Reader.WaitToReadAsync())
            {
                Gather(group);
                await RunAsync(group);
                group.Clear();
            }
        }
        catch (Exception e)
        {
            // A fault of ours, or of a logger. Nobody may wait for ever: the next beat finds the queue closed and says so.
            EmbeddedLogs.WriterFailed(log, file.Path, e);
            queue.Writer.TryComplete();
            foreach (var write in group) write.Fail(e);
            while (queue.Reader.TryRead(out var write)) write.Fail(Closed());
        }
    }

    private void Gather(List<Write> group)
    {
        var bytes = 0L;
        while (group.Count < MostShared && bytes < MostSharedBytes && queue.Reader.TryPeek(out var next))
        {
            if (group.Count > 0 && !(next.Shares && group[0].Shares)) return;
            queue.Reader.TryRead(out _);
            group.Add(next);
            bytes += next.Bytes;
        }
    }

    private async Task RunAsync(List<Write> group)
    {
        var error = await TryAsync(group);
        if (error is null) return;
        // What one of them did must not be held against the others, unless the file was not to be had at all.
        if (group.Count == 1 || error is TransportException { IsTransient: true })
        {
            foreach (var write in group) write.Fail(error);
            return;
        }

        foreach (var write in group)
            if (await TryAsync([write]) is { } own) write.Fail(own);
    }

    /// <summary>One transaction: the error, or null when it is durable and everyone was told.</summary>
    private async Task<Exception?> TryAsync(List<Write> group)
    {
        try
        {
            if (database is null && file.IsEmpty) EmbeddedLogs.EmptyFile(log, file.Path);
            database ??= file.OpenToWrite();
            await writeLock.TakeAsync(database);
            group.RemoveAll(write => !write.TryBegin());
            transaction.Begin(database);
            foreach (var write in group) write.Run(transaction);
            transaction.Commit();
        }
        catch (Exception e)
        {
            Forget(e);
            return e;
        }

        foreach (var made in transaction.MadeNow) EmbeddedLogs.TopicMade(log, made.Name, made.PartitionIds.Length);
        transaction.Committed();
        foreach (var write in group) write.Committed();
        foreach (var write in group) write.Complete();
        await writeAheadLog.MoveOverAsync(database);
        return null;
    }

    private void Forget(Exception error)
    {
        transaction.Forget();
        database?.RollBack();
        if (error is TransportException { IsTransient: true }) return;
        // The connection may be what is broken: the next write opens another.
        database?.Dispose();
        database = null;
    }

    /// <summary>Finishes what was queued, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!queue.Writer.TryComplete()) return;
        await loop;
        writeAheadLog.Dispose();
        database?.Dispose();
    }
}
