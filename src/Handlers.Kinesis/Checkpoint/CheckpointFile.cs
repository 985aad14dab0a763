using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Handlers.Kinesis;

/// <summary>What a checkpoint file holds: <c>{"version":1,"sequence":"4960...","number":0}</c>, or <c>"finished":true</c>, or <c>"startAt":"2026-..."</c>, or none of them.</summary>
/// <remarks>A file that is cut off is no JSON, and an error: taken for none, the shard would begin anew.</remarks>
internal static class CheckpointFile
{
    private const int Version = 1;

    public static byte[] Write(ShardCheckpoint checkpoint)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            if (checkpoint.IsFinished) json.WriteBoolean("finished", true);
            if (checkpoint.Handled is { } handled)
            {
                json.WriteString("sequence", handled.Sequence);
                json.WriteNumber("number", handled.Number);
            }
            else if (checkpoint.StartAt is { } start)
            {
                json.WriteString("startAt", start.ToString("O", CultureInfo.InvariantCulture));
            }

            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    /// <summary>Reads a group's own file.</summary>
    /// <param name="path">For errors.</param>
    /// <param name="text">What it holds.</param>
    /// <param name="former">The file of arXiv's consumer that would count if this one were not there; null: there is none.</param>
    public static ShardCheckpoint Read(string path, string text, string? former = null)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var file = document.RootElement;
            var version = file.GetProperty("version").GetInt32();
            if (version > Version) throw Damaged(path, $"it has version {version}, which a newer Handlers.Kinesis wrote; this one knows {Version}. Use the newer one", former);
            return new ShardCheckpoint
            {
                IsFinished = file.TryGetProperty("finished", out var finished) && finished.GetBoolean(),
                Handled = file.TryGetProperty("sequence", out var sequence) ? new Position(Number(path, sequence.GetString(), former), file.GetProperty("number").GetInt64()) : null,
                StartAt = file.TryGetProperty("startAt", out var start) ? start.GetDateTimeOffset() : null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Damaged(path, "it is damaged", former, e);
        }
    }

    /// <summary>A file of arXiv's consumer: the sequence number of the last handled record, bare. All of that record is handled: its consumer knew no aggregates.</summary>
    public static ShardCheckpoint ReadBare(string path, string text) => text.Length > 0
        ? new ShardCheckpoint { Handled = new Position(Number(path, text.Trim()), long.MaxValue) }
        : throw Damaged(path, "it is empty. arXiv's consumer leaves it so before its first checkpoint, and when it is killed while it writes one");

    private static string Number(string path, string? text, string? former = null) => text is { Length: > 0 } && text.All(char.IsAsciiDigit)
        ? text.TrimStart('0') is { Length: > 0 } number ? number : "0"
        : throw Damaged(path, "it holds no sequence number", former);

    private static TransportException Damaged(string path, string what, string? former = null, Exception? cause = null) => new(
        $"Checkpoint {path}: {what}. To go on where it was, put the sequence number of the last handled record there, as bare text in a file of arXiv's or from a backup; to begin anew, delete the file{(former is null ? "." : $", and with it {former}, where arXiv's consumer was: it would go on from there.")}", cause)
    { Kind = TransportErrorKind.Positions };
}
