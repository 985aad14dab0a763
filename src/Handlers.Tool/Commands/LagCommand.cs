using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Handlers.Tool;

/// <summary><c>handlers lag</c>: where groups stand.</summary>
internal static class LagCommand
{
    public static Command Create(Screen screen)
    {
        var group = new Option<string>("--group") { Description = "The group", Required = true, HelpName = "GROUP" };
        var topics = new Option<string[]>("--topic") { Description = "A topic that it reads; may be there several times", Required = true, HelpName = "TOPIC" };
        var json = new Option<bool>("--json") { Description = "A line of JSON for each partition" };
        var options = new ConnectOptions();
        var command = new Command("lag", "Shows where a group stands in its topics, and how far it is behind.") { group, topics, json };
        options.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            await using var connection = options.Open(parsed);
            var positions = await LagTimes.AddAsync(connection.Reader, await connection.Reader.PositionsAsync(parsed.GetRequiredValue(group), parsed.GetRequiredValue(topics).Distinct().ToList(), stop), connection.Time, stop);
            if (parsed.GetValue(json)) foreach (var position in positions) screen.JsonLine(Json(position));
            else Show(positions, screen);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Show(IReadOnlyList<GroupPosition> positions, Screen screen)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in (string[])["topic", "partition", "handled", "behind", "for", "read by"]) table.AddColumn(column);
        foreach (var p in positions)
            table.AddRow(((string?[])[p.Topic, p.Partition, p.Handled?.ToString() ?? "-", p.LagMessages?.ToString(CultureInfo.InvariantCulture) ?? "?", p.LagTime is { } time ? Duration(time) : "?", p.Owner ?? "-"]).Select(Screen.Plain).ToArray());
        screen.Show(table);
        if (positions.All(static p => p is { Handled: null, LagMessages: null })) screen.Say("The group has no position in these topics: nobody ever read them in it, or it is called otherwise.");
    }

    private static JsonObject Json(GroupPosition p) => new()
    {
        ["group"] = p.Group,
        ["topic"] = p.Topic,
        ["partition"] = p.Partition,
        ["handled"] = p.Handled?.ToString(),
        ["lagMessages"] = p.LagMessages,
        ["lagSeconds"] = p.LagTime?.TotalSeconds,
        ["owner"] = p.Owner,
    };

    private static string Duration(TimeSpan time) => time == TimeSpan.Zero ? "0 s" : time.TotalSeconds < 120 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s") : time.ToString(time.TotalDays >= 1 ? "d'd 'hh':'mm" : "hh':'mm':'ss", CultureInfo.InvariantCulture);
}
