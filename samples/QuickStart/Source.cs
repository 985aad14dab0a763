using System.Text;
using System.Text.Json;
using Handlers;
using Handlers.Embedded;

namespace QuickStart;

/// <summary>
/// The input file, and how much of it is in the log: line n of the file is the n-th message of the topic. One process at a time
/// appends: the one that holds the lock file, which the operating system lets go of however the process ends.
/// </summary>
public sealed class Source : IDisposable
{
    public const string Topic = "earthquakes";

    /// <summary>The group whose handler writes every event down.</summary>
    public const string Group = "tally";

    private const int Batch = 200;

    private readonly string input;
    private readonly FileStream? turn; // null: another run appends
    private int? caughtUp;             // lines that the log had when this run had come to its end: others may append more

    private Source(string input, string folder, FileStream? turn)
    {
        this.input = input;
        this.turn = turn;
        Folder = folder;
        Lines = Ledger.ReadLines(input).Count();
    }

    /// <summary>One log for each input, by its name.</summary>
    public string Folder { get; }

    public int Lines { get; }

    /// <summary>False: another run appends, and this one joins it.</summary>
    public bool Appends => turn is not null;

    private string IdsPath => Path.Combine(Folder, "appended.txt");

    public static Source Open(FileInfo input, DirectoryInfo data, bool reset)
    {
        if (Directory.Exists(input.FullName)) throw new IOException($"'{input.FullName}' is a folder; --input takes a file.");
        if (File.Exists(data.FullName)) throw new IOException($"'{data.FullName}' is a file; --data takes a folder.");
        var folder = Path.Combine(data.FullName, Path.GetFileNameWithoutExtension(input.Name));
        try
        {
            Directory.CreateDirectory(data.FullName);
        }
        catch (IOException e)
        {
            throw new IOException($"The folder '{data.FullName}' of --data cannot be made: {e.Message}", e);
        }

        var turn = TryLock(folder + ".lock", FileMode.OpenOrCreate); // beside the folder: --reset deletes what is in it
        try
        {
            if (reset) Reset(folder, turn is null);
            Directory.CreateDirectory(folder);
            return new Source(input.FullName, folder, turn);
        }
        catch
        {
            turn?.Dispose();
            throw;
        }
    }

    /// <summary>Lines that the log has.</summary>
    public int Appended()
    {
        using var log = EmbeddedLog.Open(Folder);
        return (int)log.Partitions().Where(p => p.Topic == Topic).Sum(p => p.Count);
    }

    /// <summary>
    /// The ids of the events that were appended; a malformed line has none. Not read from the input, which may have changed since.
    /// </summary>
    public IEnumerable<string> AppendedIds() => Ids(caughtUp ?? Appended()).OfType<string>();

    /// <summary>An error when the log was filled from another file of the same name.</summary>
    public void CheckInput()
    {
        var ids = Ids(Appended()).ToList();
        if (ids.Count <= Lines && ids.Zip(Ledger.ReadLines(input)).All(l => l.First is null || l.First == Read(l.Second)?.Id)) return;
        throw new IOException($"The log in '{Folder}' was filled with {ids.Count} lines of another '{Path.GetFileName(input)}' than this one, " +
            $"which has {Lines}. --reset deletes that log and starts over; --data DIR keeps it and makes another in DIR.");
    }

    /// <summary>Appends the rest of the file as it is, batch by batch; each batch is in the log as a whole or not at all.</summary>
    public async Task AppendAsync(IPublisher publisher, CancellationToken stop)
    {
        if (!Appends) return;
        var appended = Appended();
        using var ids = OpenIds(appended);
        foreach (var lines in Ledger.ReadLines(input).Skip(appended).Chunk(Batch))
        {
            var events = lines.Select(Read).ToList();
            ids.Write(Encoding.UTF8.GetBytes(string.Concat(events.Select(e => JsonSerializer.Serialize(e?.Id!, LineJson.Default.String) + "\n"))));
            ids.Flush(flushToDisk: true); // ahead of the log, so that no appended line is without its id
            await publisher.PublishAsync([.. lines.Zip(events, (line, e) => new OutgoingMessage
            {
                Topic = Topic,
                Key = OutgoingMessage.Utf8(e?.Properties.Net),
                Body = Encoding.UTF8.GetBytes(line),
            })], stop);
        }
    }

    /// <summary>Waits for what other runs have in hand: not written down yet, but not lost either.</summary>
    public async Task WhenHandledAsync(Ledger ledger, HandlersStatus status, CancellationToken stop)
    {
        caughtUp = Appended();
        while (status.Failures.Count == 0 && Missing(ledger) > 0 && Waiting() > 0) await Task.Delay(100, stop);
    }

    /// <summary>Events that were appended and that no handler wrote down.</summary>
    public int Missing(Ledger ledger)
    {
        var appended = AppendedIds().ToList(); // before the ledger, which other runs may be writing
        var handled = ledger.Read();
        return appended.Count(id => !handled.ContainsKey(id));
    }

    /// <summary>Messages in the log that are not committed as handled.</summary>
    public long Waiting()
    {
        using var log = EmbeddedLog.Open(Folder);
        return log.Positions(Group).Where(p => p.Topic == Topic).Sum(p => p.Lag);
    }

    public void Dispose() => turn?.Dispose();

    /// <summary>A run that only joined holds no lock, but its ledger is open.</summary>
    private static void Reset(string folder, bool isLocked)
    {
        if (!Directory.Exists(folder)) return;
        if (isLocked || Ledger.Files(folder).Reverse().Any(IsOpen)) throw new IOException($"--reset: another run uses '{folder}'. Stop it first.");
        Directory.Delete(folder, recursive: true);
    }

    private static bool IsOpen(string path)
    {
        using var file = TryLock(path, FileMode.Open);
        return file is null;
    }

    /// <summary>Null: another process has the file open.</summary>
    private static FileStream? TryLock(string path, FileMode mode)
    {
        try
        {
            return new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult is 11 or 35 or unchecked((int)0x80070020)) // EWOULDBLOCK of Linux and of macOS; Windows
        {
            return null;
        }
    }

    /// <summary>The ids of the first lines that were appended, null for a malformed one. What stands behind them was not published.</summary>
    private IEnumerable<string?> Ids(int appended) => !File.Exists(IdsPath) ? []
        : Ledger.ReadLines(IdsPath).Take(appended).Select(line => (string?)JsonSerializer.Deserialize(line, LineJson.Default.String));

    /// <summary>Cuts off what a run wrote ahead of a publish that did not come to pass: this run publishes those lines again.</summary>
    private FileStream OpenIds(int appended)
    {
        var file = new FileStream(IdsPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        for (var line = 0; line < appended;)
        {
            var next = file.ReadByte();
            if (next == '\n') line++;
            if (next >= 0) continue;
            file.Dispose();
            throw new IOException($"'{IdsPath}' has only {line} of the {appended} lines that were appended. --reset starts over.");
        }

        file.SetLength(file.Position);
        return file;
    }

    private static Earthquake? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, AppJson.Default.Earthquake);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
