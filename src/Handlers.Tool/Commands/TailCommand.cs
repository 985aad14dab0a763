using System.CommandLine;
using System.Globalization;

namespace Handlers.Tool;

/// <summary><c>handlers tail TOPIC</c>: shows messages, without a group.</summary>
internal static class TailCommand
{
    public static Command Create(Screen screen)
    {
        var topic = new Argument<string>("topic") { Description = "The topic or stream" };
        var from = new Option<string>("--from") { Description = "earliest, latest, a time in ISO 8601, or a position of one --partition. Default: the last 10 of each partition", HelpName = "PLACE" };
        var partitions = new Option<string[]>("--partition") { Description = "Only this partition or shard; may be there several times", HelpName = "P" };
        var limit = new Option<long?>("--limit") { Description = "Ends after so many", HelpName = "N" };
        var key = new Option<string>("--key") { Description = "Only messages with this key", HelpName = "TEXT" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Shows what comes until it is stopped" };
        var json = new Option<bool>("--json") { Description = "A line of JSON for each, without loss; 'handlers publish --ndjson' takes it" };
        var options = new ConnectOptions();
        var command = new Command("tail", "Shows messages of a topic. No position moves, and nothing is made.") { topic, from, partitions, limit, key, follow, json };
        options.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            await using var connection = options.Open(parsed);
            var (name, shown, most, wanted, asJson) = (parsed.GetRequiredValue(topic), 0L, parsed.GetValue(limit), parsed.GetValue(key), parsed.GetValue(json));
            var begin = Places.From(parsed.GetValue(from), parsed.GetValue(partitions) ?? []);
            if (most < 1) throw ToolException.Usage($"--limit is {most}; 1 is the least.");
            try
            {
                await new TopicTail(connection.Reader, connection.Time).RunAsync(name, parsed.GetValue(partitions) ?? [], begin, parsed.GetValue(follow), (partition, message) =>
                {
                    if (wanted is not null && (message.Key.IsNull || message.Key.ToText() != wanted)) return true;
                    screen.Text(asJson ? MessageLine.Write(name, partition, in message) : Line(partition, in message));
                    return ++shown != most && !screen.IsLeft;
                }, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested && parsed.GetValue(follow))
            {
                // That is how one ends it.
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static string Line(string partition, in Message message)
    {
        var time = MessageTime.Of(message.TimestampMilliseconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var text = $"{partition}@{message.Position} {time} {(message.Key.IsNull ? "-" : message.Key.ToText())} {(message.Body.IsNull ? "(no body)" : message.Body.ToText())}";
        return Screen.Visible(text.Replace("\n", "\\n", StringComparison.Ordinal));
    }
}
