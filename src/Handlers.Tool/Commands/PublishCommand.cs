using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary><c>handlers publish TOPIC</c>.</summary>
internal static class PublishCommand
{
    private const int BatchSize = 500;

    public static Command Create(Screen screen)
    {
        var topic = new Argument<string>("topic") { Description = "The topic or stream" };
        var body = new Option<string>("--body") { Description = "One message with this body", HelpName = "TEXT" };
        var file = new Option<string>("--file") { Description = "One message with the bytes of this file; - is the input", HelpName = "FILE" };
        var lines = new Option<string>("--lines") { Description = "A message for each line of this file, with its bytes; - is the input", HelpName = "FILE" };
        var ndjson = new Option<string>("--ndjson") { Description = "The messages that 'handlers tail --json' or 'handlers replay --into' wrote; - is the input", HelpName = "FILE" };
        var tombstone = new Option<bool>("--tombstone") { Description = "One message without a body" };
        var key = new Option<string>("--key") { Description = "The key", HelpName = "TEXT" };
        var headers = new Option<string[]>("--header") { Description = "A header; may be there several times", HelpName = "NAME=VALUE" };
        var create = new Option<bool>("--create") { Description = "Publishes to a topic that is not there: some brokers make it" };
        var json = new Option<bool>("--json") { Description = "How many were published, as a line of JSON" };
        var options = new ConnectOptions();
        var command = new Command("publish", "Publishes messages, in their order.") { topic, body, file, lines, ndjson, tombstone, key, headers, create, json };
        options.AddTo(command);
        command.Validators.Add(given =>
        {
            if (new[] { body, file, lines, ndjson }.Count(o => given.GetValue(o) is not null) + (given.GetValue(tombstone) ? 1 : 0) != 1)
                given.AddError("What is to be published? One of --body, --file, --lines, --ndjson and --tombstone.");
            if (given.GetValue(ndjson) is not null && (given.GetValue(key) is not null || given.GetValue(headers) is { Length: > 0 }))
                given.AddError("With --ndjson each line has its own key and headers: --key and --header mean nothing.");
        });
        command.SetAction(async (parsed, stop) =>
        {
            var name = parsed.GetRequiredValue(topic);
            var like = new OutgoingMessage { Topic = name, Key = OutgoingMessage.Utf8(parsed.GetValue(key)), Headers = new Headers((parsed.GetValue(headers) ?? []).Select(HeaderOf)) };
            await using var connection = options.Open(parsed);
            if (!parsed.GetValue(create)) await connection.CheckTopicAsync(name, stop);
            var publisher = connection.Transport.Publisher;
            var (count, bar) = (0L, new ProgressBar(screen));
            try
            {
                if ((parsed.GetValue(lines) ?? parsed.GetValue(ndjson)) is { } each)
                {
                    await using var input = Open(each);
                    await foreach (var batch in Batches(new Lines(input), parsed.GetValue(ndjson) is null ? null : name, like, stop)) await PublishAsync(batch);
                }
                else
                {
                    await PublishAsync([parsed.GetValue(file) is { } path ? like with { Body = await AllAsync(path, stop) } : like with { Body = OutgoingMessage.Utf8(parsed.GetValue(body)) }]);
                }
            }
            finally
            {
                // Whatever ended it: so many are there, and a file goes on behind them.
                bar.End();
                if (parsed.GetValue(json)) screen.JsonLine(new JsonObject { ["topic"] = name, ["published"] = count });
                else screen.Say(string.Create(CultureInfo.InvariantCulture, $"published {count}"));
            }

            return ExitCodes.Done;

            async Task PublishAsync(List<OutgoingMessage> batch)
            {
                await publisher.PublishAsync(batch, stop);
                count += batch.Count;
                bar.Show(count, null);
            }
        });
        return command;
    }

    /// <summary>Lines as messages, as many together as are at hand: one that is there does not wait for one that may be long in coming.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="ndjson">Of lines that are whole messages their topic; null: each line is a body.</param>
    /// <param name="like">What messages have beside their body.</param>
    /// <param name="stop">Ends it.</param>
    private static async IAsyncEnumerable<List<OutgoingMessage>> Batches(Lines lines, string? ndjson, OutgoingMessage like, [EnumeratorCancellation] CancellationToken stop)
    {
        var batch = new List<OutgoingMessage>();
        ToolException? wrong = null;
        for (var number = 1L; wrong is null && await lines.ReadAsync(stop) is { } line; number++)
        {
            try
            {
                if (ndjson is null) batch.Add(like with { Body = line });
                else if (line.AsSpan().ContainsAnyExcept(" \t"u8)) batch.Add(MessageLine.Read(line, ndjson, number));
            }
            catch (ToolException e)
            {
                wrong = e; // behind what stands before it
            }

            if (batch.Count == 0 || (wrong is null && batch.Count < BatchSize && lines.HasNext)) continue;
            yield return batch;
            batch = [];
        }

        if (batch.Count > 0) yield return batch;
        if (wrong is not null) throw wrong;
    }

    private static Stream Open(string path) => path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);

    private static async Task<byte[]> AllAsync(string path, CancellationToken stop)
    {
        await using var bytes = Open(path);
        using var all = new MemoryStream();
        await bytes.CopyToAsync(all, stop).WaitAsync(stop);
        return all.ToArray();
    }

    private static Header HeaderOf(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? Header.Of(text[..at], text[(at + 1)..]) : throw ToolException.Usage($"--header is '{text}', which is not NAME=VALUE.");
    }
}
