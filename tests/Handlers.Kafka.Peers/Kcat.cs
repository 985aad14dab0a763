using System.Globalization;
using System.Text.Json;
using Handlers.Peers;

namespace Handlers.Kafka.Peers;

/// <summary>kcat (formerly kafkacat): an older librdkafka as a program.</summary>
public static class Kcat
{
    private const char KeyEnd = '\u001f';
    private const char RecordEnd = '\u001e';
    private const string Program = "kcat";

    /// <summary>Why it cannot run here, or null. For a test's skip.</summary>
    public static string? Missing { get; } = PeerProcess.IsThere(Program) ? null : "kcat is not installed: ./build.sh setup installs it where there is apt, or see https://github.com/edenhill/kcat";

    /// <summary>
    /// Writes the records in order, one run of kcat for each stretch of them with the same headers and partition, since -H holds for a whole run.
    /// Keys and values must not contain U+001E and U+001F. With a null value, an empty key of the same stretch becomes null too.
    /// </summary>
    /// <param name="codec">none, gzip, snappy, lz4 or zstd. librdkafka leaves small records as they are where the codec would make them longer.</param>
    /// <exception cref="InvalidOperationException">kcat failed; it says why.</exception>
    public static async Task ProduceAsync(string bootstrap, string topic, IEnumerable<PeerRecord> records, string codec = "none", CancellationToken stop = default)
    {
        foreach (var stretch in Stretches(records))
        {
            var first = stretch[0];
            List<string> arguments = ["-P", "-q", "-b", bootstrap, "-t", topic, "-K", $"{KeyEnd}", "-D", $"{RecordEnd}", "-z", codec];
            if (first.Partition is { } partition) arguments.AddRange(["-p", partition.ToString(CultureInfo.InvariantCulture)]);
            if (first.Value is null) arguments.Add("-Z");
            foreach (var (name, value) in first.Headers) arguments.AddRange(["-H", value is null ? name : $"{name}={value}"]);
            await PeerProcess.RunAsync(Program, arguments, string.Concat(stretch.Select(Input)), stop);
        }
    }

    /// <summary>Everything in the topic, from its beginning to its end as it is now; in order within a partition only.</summary>
    /// <exception cref="InvalidOperationException">kcat failed; it says why.</exception>
    public static async Task<IReadOnlyList<PeerRecord>> ReadAsync(string bootstrap, string topic, CancellationToken stop = default)
    {
        var lines = await PeerProcess.RunAsync(Program, ["-C", "-q", "-b", bootstrap, "-t", topic, "-o", "beginning", "-e", "-J", "-X", "fetch.wait.max.ms=10"], "", stop);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Record)];
    }

    // A record without the key's end has no key; one that is empty altogether kcat would skip.
    private static string Input(PeerRecord record) => record switch
    {
        { Key: null, Value: null or "" } => throw new ArgumentException("kcat writes no record that has neither key nor value."),
        { Key: null } => $"{record.Value}{RecordEnd}",
        _ => $"{record.Key}{KeyEnd}{record.Value}{RecordEnd}",
    };

    private static IEnumerable<List<PeerRecord>> Stretches(IEnumerable<PeerRecord> records)
    {
        List<PeerRecord> stretch = [];
        foreach (var record in records)
        {
            if (stretch is [var first, ..] && !(record.Partition == first.Partition && record.Value is null == first.Value is null && record.Headers.SequenceEqual(first.Headers)))
            {
                yield return stretch;
                stretch = [];
            }

            stretch.Add(record);
        }

        if (stretch.Count > 0) yield return stretch;
    }

    private static PeerRecord Record(string line)
    {
        using var json = JsonDocument.Parse(line);
        var record = json.RootElement;
        var headers = record.TryGetProperty("headers", out var list) ? list.EnumerateArray().Select(h => h.GetString()).Chunk(2) : [];
        return new PeerRecord(record.GetProperty("key").GetString(), record.GetProperty("payload").GetString())
        {
            Headers = [.. headers.Select(pair => (pair[0]!, pair[1]))],
            Partition = record.GetProperty("partition").GetInt32(),
            Offset = record.GetProperty("offset").GetInt64(),
            Timestamp = record.GetProperty("ts").GetInt64(),
        };
    }
}
