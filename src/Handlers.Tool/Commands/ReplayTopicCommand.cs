using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary><c>handlers replay TOPIC</c>: a window of a topic into a file, into another topic, or into an application's handlers.</summary>
internal static class ReplayTopicCommand
{
    public static Command Create(Screen screen)
    {
        var topic = new Argument<string>("topic") { Description = "The topic or stream" };
        var from = new Option<string>("--from") { Description = "earliest, a time in ISO 8601 (of UTC, unless it says otherwise), or a position of one --partition", Required = true, HelpName = "PLACE" };
        var to = new Option<string>("--to") { Description = "Messages before a time in ISO 8601, or up to a position of one --partition. Default: what is there now", HelpName = "PLACE" };
        var partitions = new Option<string[]>("--partition") { Description = "Only this partition or shard; may be there several times", HelpName = "P" };
        var into = new Option<string>("--into") { Description = "A file of lines of JSON, which 'handlers publish --ndjson' takes, - is the output; or an application's App.dll, whose handlers get it, with its own settings", HelpName = "FILE" };
        var intoTopic = new Option<string>("--into-topic") { Description = "Another topic, with keys, headers and times as they are", HelpName = "TOPIC" };
        var create = new Option<bool>("--create") { Description = "With --into-topic: copies to a topic that is not there: some brokers make it" };
        var handlers = new Option<string[]>("--handler") { Description = "With --into App.dll: only this handler; may be there several times", HelpName = "HANDLER" };
        var publish = new Option<bool>("--publish") { Description = "With --into App.dll: publishes what its handlers publish" };
        var transport = new Option<string>("--transport") { Description = "With --into App.dll: where the topic is, if its handlers read one of this name at several", HelpName = "NAME" };
        var json = new Option<bool>("--json") { Description = "How many messages were copied, as a line of JSON" };
        var options = new ConnectOptions();
        var command = new Command("replay", "Copies a window of a topic to a file or a topic, or gives it to an application's handlers again. No position moves.") { topic, from, to, partitions, into, intoTopic, create, handlers, publish, transport, json };
        options.AddTo(command);
        command.Validators.Add(given =>
        {
            if (given.GetValue(into) is null == given.GetValue(intoTopic) is null) given.AddError("Where to? --into FILE, --into App.dll or --into-topic TOPIC.");
            var ofApplication = given.GetValue(handlers) is { Length: > 0 } || given.GetValue(publish) || given.GetValue(transport) is not null;
            if (IsApplication(given.GetValue(into)) ? options.AreGiven(given) || given.GetValue(json) : ofApplication)
                given.AddError(ofApplication ? "--handler, --publish and --transport go with --into App.dll." : "An application has its own settings and its own output: --into App.dll takes no --json and no options that say which broker.");
        });
        command.SetAction(async (parsed, stop) =>
        {
            List<string> arguments = [parsed.GetRequiredValue(topic), "--from", parsed.GetRequiredValue(from)];
            if (parsed.GetValue(to) is { } end) arguments.AddRange(["--to", end]);
            foreach (var partition in parsed.GetValue(partitions) ?? []) arguments.AddRange(["--partition", partition]);
            var asked = ReplayArguments.Parse(arguments);
            if (asked.Error is { } wrong) throw ToolException.Usage(wrong);
            if (IsApplication(parsed.GetValue(into)))
            {
                foreach (var handler in parsed.GetValue(handlers) ?? []) arguments.AddRange(["--handler", handler]);
                if (parsed.GetValue(publish)) arguments.Add("--publish");
                if (parsed.GetValue(transport) is { } name) arguments.AddRange(["--transport", name]);
                return await ApplicationReplay.RunAsync(parsed.GetValue(into)!, arguments, stop);
            }

            await using var connection = options.Open(parsed);
            _ = connection.Reader;
            if (parsed.GetValue(intoTopic) is { } other && !parsed.GetValue(create)) await connection.CheckTopicAsync(other, stop);
            var (copied, bar) = (0L, new ProgressBar(screen));
            try
            {
                var copy = new WindowCopy(connection.Transport, asked.Window!, connection.Time, (done, all) => bar.Show(copied = done, all));
                await (parsed.GetValue(intoTopic) is { } target ? copy.IntoTopicAsync(target, stop) : parsed.GetValue(into) is "-" ? copy.IntoAsync(screen, stop) : copy.IntoFileAsync(parsed.GetValue(into)!, stop));
            }
            finally
            {
                bar.End();
                if (parsed.GetValue(json) && parsed.GetValue(into) is not "-") screen.JsonLine(new JsonObject { ["topic"] = asked.Window!.Topic, ["replayed"] = copied });
                else screen.Say(string.Create(CultureInfo.InvariantCulture, $"replayed {copied}"));
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static bool IsApplication(string? into) => into?.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) == true;
}
