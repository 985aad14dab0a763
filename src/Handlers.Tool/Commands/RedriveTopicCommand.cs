using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary><c>handlers redrive TOPIC</c>: what an application's own command does, of any topic of dead letters.</summary>
internal static class RedriveTopicCommand
{
    public static Command Create(Screen screen)
    {
        var topic = new Argument<string>("topic") { Description = "The dead letters" };
        var to = new Option<string>("--to") { Description = "Puts them all to this topic. Default: each to the one that it came from", HelpName = "TOPIC" };
        var group = new Option<string>("--group") { Description = "Only letters of this group", HelpName = "GROUP" };
        var handler = new Option<string>("--handler") { Description = "Only letters of this handler", HelpName = "HANDLER" };
        var since = new Option<string>("--since") { Description = "Only letters since a time in ISO 8601 (of UTC, unless it says otherwise), those that were put back before among them", HelpName = "TIME" };
        var limit = new Option<long?>("--limit") { Description = "Puts back at most so many", HelpName = "N" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only counts; nothing is published and no position moves" };
        var readAs = new Option<string>("--read-as") { Description = "The group whose position says how far they are put back. Default: handlers.redrive, with the filters behind it", HelpName = "GROUP" };
        var create = new Option<bool>("--create") { Description = "With --to: puts them to a topic that is not there: some brokers make it" };
        var json = new Option<bool>("--json") { Description = "What became of them, as a line of JSON" };
        var options = new ConnectOptions();
        var command = new Command("redrive", "Puts dead letters back to the topics that they came from. EVERY group of those reads them again.") { topic, to, group, handler, since, limit, dryRun, readAs, create, json };
        options.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            if (parsed.GetValue(limit) < 1) throw ToolException.Usage($"--limit is {parsed.GetValue(limit)}; 1 is the least.");
            var name = parsed.GetRequiredValue(topic);
            var asked = new RedriveOptions
            {
                To = parsed.GetValue(to),
                Group = parsed.GetValue(group),
                Handler = parsed.GetValue(handler),
                Since = parsed.GetValue(since) is { } text ? Places.Time("--since", text) : null,
                Limit = parsed.GetValue(limit),
                DryRun = parsed.GetValue(dryRun),
                ReadAs = parsed.GetValue(readAs),
                Transport = StreamHandlerAttribute.DefaultTransport,
            };
            await using var connection = options.Open(parsed);
            await connection.Reader.LanesAsync(name, stop); // a subscription makes a topic that is only misspelled
            if (asked.To is { } other && !parsed.GetValue(create)) await connection.CheckTopicAsync(other, stop);
            var progress = new Progress(screen);
            RedriveResult? result = null;
            try
            {
                result = await connection.DeadLetters.RedriveAsync(name, asked, progress, stop);
                return result.WithoutOrigin == 0 ? ExitCodes.Done : ExitCodes.Error;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                screen.Say("Interrupted. What was put back is committed; the next redrive goes on behind it.");
                return ExitCodes.Error;
            }
            finally
            {
                progress.End();
                Show(result ?? progress.Result, asked.DryRun, parsed.GetValue(json), screen);
            }
        });
        return command;
    }

    /// <summary>Also of one that was cut short: so many were put back.</summary>
    private static void Show(RedriveResult result, bool isDryRun, bool asJson, Screen screen)
    {
        if (asJson)
        {
            screen.JsonLine(new JsonObject
            {
                ["dryRun"] = isDryRun,
                ["read"] = result.Read,
                ["putBack"] = result.PutBack,
                ["left"] = result.Left,
                ["withoutOrigin"] = result.WithoutOrigin,
                ["withoutOriginAt"] = new JsonArray([.. result.WithoutOriginAt.Select(p => (JsonNode)p)]),
            });
        }
        else
        {
            screen.Text(string.Create(CultureInfo.InvariantCulture, $"{(isDryRun ? "dry run: " : "")}read {result.Read} put back {result.PutBack} left {result.Left} without origin {result.WithoutOrigin}"));
        }

        if (result.WithoutOriginAt.Count > 0) screen.Say($"Letters that do not say which topic they came from stay where they are: {string.Join(", ", result.WithoutOriginAt)}");
    }

    private sealed class Progress(Screen screen) : IProgress<RedriveProgress>
    {
        private readonly Lock gate = new();
        private readonly ProgressBar bar = new(screen);
        private RedriveProgress last; // guarded by gate

        public RedriveResult Result
        {
            get
            {
                lock (gate) return new(last.Read, last.PutBack, last.Left, last.WithoutOrigin);
            }
        }

        public void Report(RedriveProgress value)
        {
            lock (gate)
            {
                if (value.Read < last.Read) return; // two lanes, the later count came first
                last = value;
                bar.Show(value.Read, value.Read + value.ToRead);
            }
        }

        public void End()
        {
            lock (gate) bar.End();
        }
    }
}
