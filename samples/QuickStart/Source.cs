using System.Text;
using System.Text.Json;
using Handlers;
using Handlers.Embedded;

namespace QuickStart;

/// <summary>The input file, and how much of it is in the log: line n of the file is the n-th message of the topic.</summary>
public sealed class Source(FileInfo input, DirectoryInfo data)
{
    public const string Topic = "earthquakes";
    private const int Batch = 200;

    /// <summary>One log for each input, by its name.</summary>
    public string Folder { get; } = Path.Combine(data.FullName, Path.GetFileNameWithoutExtension(input.Name));

    public string LedgerPath => Path.Combine(Folder, "ledger.txt");

    public int Lines { get; } = File.ReadLines(input.FullName).Count();

    public void Reset()
    {
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Lines that the log has.</summary>
    public int Appended()
    {
        using var log = EmbeddedLog.Open(Folder);
        return (int)log.Partitions().Where(p => p.Topic == Topic).Sum(p => p.Count);
    }

    /// <summary>Appends the rest of the file as it is, batch by batch; each batch is in the log as a whole or not at all.</summary>
    public async Task AppendAsync(IPublisher publisher, CancellationToken stop)
    {
        foreach (var lines in File.ReadLines(input.FullName).Skip(Appended()).Chunk(Batch))
        {
            await publisher.PublishAsync([.. lines.Select(line => new OutgoingMessage
            {
                Topic = Topic,
                Key = OutgoingMessage.Utf8(Read(line)?.Properties.Net),
                Body = Encoding.UTF8.GetBytes(line),
            })], stop);
        }
    }

    /// <summary>The ids of the events that were appended; a malformed line has none.</summary>
    public IEnumerable<string> AppendedIds() => File.ReadLines(input.FullName).Take(Appended()).Select(line => Read(line)?.Id).OfType<string>();

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
