using System.Globalization;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka;

/// <summary>
/// What the clients report of themselves, on the log. A broker that is away they report several times a second for as long as it is: what is
/// like a line of the last half minute is only counted, and the next such line says how often it came.
/// </summary>
/// <remarks>Called on the clients' own threads.</remarks>
internal sealed class ClientReports(ILogger log, TimeProvider time)
{
    /// <summary>For how long nothing is said again.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);

    private const int Most = 1_000;

    private readonly Lock gate = new();
    private readonly Dictionary<(string Client, string Kind, string About), Line> lines = []; // guarded by gate

    /// <summary>An error that passes, or whose caller hears of it elsewhere.</summary>
    public void Report(string client, Error error)
    {
        if (Again(client, error.Code.ToString(), error.Reason) is not { } again) return;
        if (error.Code == ErrorCode.Local_AllBrokersDown) KafkaLogs.AllBrokersDown(log, client, error.Reason, again);
        else KafkaLogs.ClientError(log, client, error.Code, error.Reason, again);
    }

    /// <summary>A line of the library's own log. What it says at lower levels somebody asked for by its setting <c>debug</c>: that is never left out.</summary>
    public void Report(string client, LogMessage message)
    {
        var level = (LogLevel)message.LevelAs(LogLevelType.MicrosoftExtensionsLogging);
        if (!log.IsEnabled(level)) return;
        if ((level < LogLevel.Warning ? "" : Again(client, message.Facility, message.Message)) is { } again) KafkaLogs.Client(log, level, client, message.Facility, message.Message, again);
    }

    /// <summary>What to add to the line; null: it is not written.</summary>
    private string? Again(string client, string kind, string text)
    {
        lock (gate)
        {
            // Texts begin with the broker or thread that they are about, and go on with times and counts that differ each time.
            var about = text.IndexOf(": ", StringComparison.Ordinal) is var end and >= 0 ? text[..end] : text;
            var now = time.GetTimestamp();
            if (lines.TryGetValue((client, kind, about), out var line) && time.GetElapsedTime(line.At, now) < Quiet)
            {
                line.Unsaid++;
                return null;
            }

            if (lines.Count >= Most) foreach (var old in lines.Where(l => time.GetElapsedTime(l.Value.At, now) >= Quiet).Select(static l => l.Key).ToList()) lines.Remove(old);
            if (lines.Count < Most) lines[(client, kind, about)] = new Line { At = now };
            return line is { Unsaid: > 0 } ? string.Create(CultureInfo.InvariantCulture, $" (and {line.Unsaid} more like it since the last such line)") : "";
        }
    }

    private sealed class Line
    {
        public required long At { get; init; }

        public int Unsaid { get; set; }
    }
}
