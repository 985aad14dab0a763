using System.Collections.Concurrent;
using System.Globalization;
using Handlers;
using Spectre.Console;

namespace QuickStart;

/// <summary>What a run shows.</summary>
public sealed class Board
{
    private readonly ConcurrentBag<Earthquake> alerts = [];
    private readonly ConcurrentBag<(SignificantEarthquake Quake, DateTimeOffset At)> headlines = [];

    public void Alert(Earthquake quake) => alerts.Add(quake);

    public void Headline(SignificantEarthquake quake, DateTimeOffset at) => headlines.Add((quake, at));

    public static Task ShowProgressAsync(Source source, HandlersStatus status, Ledger ledger, Func<Task> work)
    {
        var before = ledger.Read().Count;
        if (before > 0)
            AnsiConsole.WriteLine($"Continuing: {source.Appended()} of {source.Lines} lines appended, {before} events handled already.");
        return AnsiConsole.Progress().StartAsync(async progress =>
        {
            var bar = progress.AddTask("Handling earthquakes", maxValue: Math.Max(1, source.Lines));
            var working = work();
            while (await Task.WhenAny(working, Task.Delay(100)) != working) bar.Value = before + MainTopic(status).Handled;
            await working;
            bar.Value = bar.MaxValue;
        });
    }

    /// <summary>Shows what happened, with the numbers as the last line. Returns the exit code.</summary>
    public int ShowSummary(Source source, HandlersStatus status, Ledger ledger)
    {
        var handled = ledger.Read();
        var table = new Table().Border(TableBorder.Simple).AddColumns("handler", "group", "read", "handled", "invalid", "failed");
        foreach (var h in status.Handlers)
            table.AddRow([h.Name, h.Group, .. new[] { h.Counts.Received, h.Counts.Handled, h.Counts.Invalid, h.Counts.Failed }.Select(Text)]);
        AnsiConsole.Write(table);

        if (handled.Count > 0) AnsiConsole.Write(new BarChart().Label("Events by network, all runs").LeftAlignLabel()
            .AddItems(handled.Values.CountBy(n => n).OrderByDescending(n => n.Value), n => new BarChartItem(Markup.Escape(n.Key), n.Value, Color.Teal)));

        var strongest = alerts.OrderByDescending(a => a.Properties.Mag).Take(5).ToList();
        AnsiConsole.MarkupLineInterpolated($"{alerts.Count} alerts of magnitude 4.5 and up in this run{(strongest.Count > 0 ? ", the strongest:" : ".")}");
        foreach (var quake in strongest) AnsiConsole.MarkupLineInterpolated($"  [red]{quake.Properties.Mag:0.0}[/] {quake.Properties.Place}");
        foreach (var (quake, at) in headlines.OrderBy(h => h.At)) AnsiConsole.MarkupLineInterpolated($"[yellow]Significant[/]: {quake.Magnitude:0.0} {quake.Place}");

        foreach (var failure in status.Failures) AnsiConsole.MarkupLineInterpolated($"[red]{failure.Message}[/]");
        var counts = MainTopic(status);
        var lost = source.AppendedIds().Count(id => !handled.ContainsKey(id));
        if (counts.Received == 0 && lost == 0) AnsiConsole.WriteLine("Nothing was left to do: an earlier run handled it all. --reset starts over.");
        Console.WriteLine($"read {counts.Received} handled {counts.Handled} invalid {counts.Invalid} failed {counts.Failed} lost {lost}");
        return lost == 0 && status.Failures.Count == 0 ? 0 : 1;
    }

    /// <summary>The handler that counts for the main topic: the one that writes every event down.</summary>
    private static HandlerCounts MainTopic(HandlersStatus status) => status.Handlers.First(h => h.Group == "tally").Counts;

    private static string Text(long count) => count.ToString(CultureInfo.InvariantCulture);
}
