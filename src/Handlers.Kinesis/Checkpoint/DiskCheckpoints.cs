using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis;

/// <summary>
/// Checkpoints in a folder: <c>{group}/{stream}__{shard}.json</c>, each replaced as a whole, so that a crash at any instruction leaves the one before or the
/// new one. A file of arXiv's consumer, <c>{stream}__{shard}.json</c> in the folder itself, is read where a group has none of its own.
/// </summary>
/// <remarks>One process at a time writes a group's checkpoints: it holds a lock on <c>{group}/.lock</c> until it is disposed or ends, however it ends.</remarks>
public sealed class DiskCheckpoints : ICheckpointStore
{
    private const string End = ".json";
    private const string ShardPrefix = "shardId-"; // as the service calls them: another stream's name may begin with this one's

    private readonly string folder;
    private readonly ILogger log;
    private readonly ConcurrentDictionary<string, Lazy<FileStream>> locks = new(StringComparer.Ordinal); // by group
    private volatile bool closed;

    /// <summary>Checkpoints in a folder, which is made where it is missing.</summary>
    /// <param name="folder">The folder. On a disk of this machine: the lock is not kept over every network file system.</param>
    /// <param name="log">Is told what is taken over from arXiv's consumer.</param>
    public DiskCheckpoints(string folder, ILogger log)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        this.folder = Path.GetFullPath(folder);
        this.log = log;
    }

    /// <summary>Makes durable which files a folder has.</summary>
    internal Action<string> Flush { get; init; } = FolderOnDisk.Flush;

    /// <inheritdoc />
    public ValueTask<ShardCheckpoint?> ReadAsync(ShardKey shard, CancellationToken stop) => new(OnThread(() =>
    {
        Lock(shard.Group);
        return Read(shard, isTaken: true);
    }, stop));

    /// <inheritdoc />
    public ValueTask<ShardCheckpoint?> PeekAsync(ShardKey shard, CancellationToken stop) => new(OnThread(() => Read(shard, isTaken: false), stop));

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<string>> ListAsync(string group, string stream, CancellationToken stop) => new(OnThread<IReadOnlyList<string>>(() =>
    {
        Lock(group);
        return [.. Shards(FolderOf(group), stream).Union(Shards(folder, stream), StringComparer.Ordinal)];
    }, stop));

    /// <inheritdoc />
    public ValueTask WriteAsync(ShardKey shard, ShardCheckpoint checkpoint, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return new(OnThread(() =>
        {
            Lock(shard.Group);
            var path = PathOf(shard);
            Guarded(path, () => Replace(path, CheckpointFile.Write(checkpoint)));
            return true;
        }, stop));
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        closed = true;
        foreach (var held in locks.Values)
            if (held.IsValueCreated) held.Value.Dispose();
        return default;
    }

    private ShardCheckpoint? Read(ShardKey shard, bool isTaken)
    {
        var path = PathOf(shard);
        var former = Path.Combine(folder, FileOf(shard));
        if (Text(path) is { } text) return CheckpointFile.Read(path, text, File.Exists(former) ? former : null);
        if (Text(former) is not { } position) return null;
        var found = CheckpointFile.ReadBare(former, position);
        if (isTaken) KinesisLogs.CheckpointTakenOver(log, shard.Group, former);
        return found;
    }

    /// <summary>The file that holds a shard's checkpoint.</summary>
    internal string PathOf(ShardKey shard) => Path.Combine(FolderOf(shard.Group), FileOf(shard));

    // A group may be called what no folder may; "." and ".." are among it.
    private string FolderOf(string group) => Path.Combine(folder, Uri.EscapeDataString(group).Replace(".", "%2E", StringComparison.Ordinal));

    private static string FileOf(ShardKey shard) => $"{shard.Stream}__{shard.Shard}{End}";

    private static List<string> Shards(string folder, string stream) => Guarded(folder, () =>
    {
        var begin = FileOf(new ShardKey("", stream, ""))[..^End.Length];
        return Directory.EnumerateFiles(folder, "*" + End).Select(static path => Path.GetFileName(path))
            .Where(name => name.StartsWith(begin, StringComparison.Ordinal)).Select(name => name[begin.Length..^End.Length])
            .Where(static shard => shard.StartsWith(ShardPrefix, StringComparison.Ordinal)).ToList();
    });

    /// <summary>Written beside it, to the disk, and put in its place; then the folder, which knows the place.</summary>
    private void Replace(string path, byte[] content)
    {
        var fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        Flush(Path.GetDirectoryName(path)!);
    }

    /// <summary>Each folder that is made is flushed into the one that holds it: a checkpoint in a folder that a crash takes away is none.</summary>
    private void Make(string path)
    {
        if (Directory.Exists(path)) return;
        var above = Path.GetDirectoryName(path);
        if (above is not null) Make(above);
        Directory.CreateDirectory(path);
        if (above is not null && above != folder) Flush(above);
    }

    private static string? Text(string path) => Guarded(path, () =>
    {
        try
        {
            return File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    });

    private void Lock(string group)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        var path = Path.Combine(FolderOf(group), ".lock");
        try
        {
            _ = locks.GetOrAdd(group, _ => new Lazy<FileStream>(() => Guarded(path, () =>
            {
                Make(FolderOf(group));
                Flush(folder); // the group's folder may be of a process that a crash ended here
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }))).Value;
        }
        catch (TransportException)
        {
            locks.TryRemove(group, out _); // another process may have ended by the next call
            throw;
        }
    }

    private static T Guarded<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TransportException($"Checkpoint {path}: the process may not read and write it ({e.Message}). Give it the right, or name another CheckpointFolder.", e) { Kind = TransportErrorKind.Positions };
        }
        catch (IOException e) when (Path.GetFileName(path) == ".lock")
        {
            throw new TransportException($"The checkpoints in {Path.GetDirectoryName(path)} cannot be locked: another process reads the same group ({e.Message}). Stop it, give this one a group of its own, or share shards by Leases in DynamoDB.", e) { Kind = TransportErrorKind.Positions };
        }
        catch (IOException e)
        {
            throw new TransportException($"Checkpoint {path}: {e.Message} What is handled from now on would be handled again after a restart.", e) { IsTransient = true, Kind = TransportErrorKind.Positions };
        }
    }

    private static void Guarded(string path, Action action) => Guarded(path, () =>
    {
        action();
        return true;
    });

    // Files block, and what waits for the disk does not wait on a thread that handlers run on for long: a write is some milliseconds.
    private static Task<T> OnThread<T>(Func<T> action, CancellationToken stop) =>
        Task.Factory.StartNew(action, stop, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}
