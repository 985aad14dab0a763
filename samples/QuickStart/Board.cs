using System.Collections.Concurrent;
using System.Globalization;
using Handlers;
using Spectre.Console;

namespace QuickStart;

/// <summary>What a run shows.</summary>
public sealed class Board
{
    private const int Most = 5; // of each list

    private readonly ConcurrentBag<Earthquake> alerts = [];
    private readonly ConcurrentBag<(SignificantEarthquake Quake, DateTimeOffset At)> headlines = [];

    public void Alert(Earthquake quake) => alerts.Add(quake);

    public void Headline(SignificantEarthquake quake, DateTimeOffset at) => headlines.Add((quake, at));

    public static Task ShowProgressAsync(Source source, HandlersStatus status, Ledger ledger, Func<Task> work)
    {
        if (!source.Appends) Console.WriteLine("Another run appends to this log. This one joins it, and appends nothing.");
        else if (source.Lines == 0) Console.WriteLine("The input is empty.");
        if (ledger.Events is > 0 and var before)
            Console.WriteLine($"Continuing: {source.Appended()} of {source.Lines} lines appended, {before} events handled already.");
        return AnsiConsole.Progress().StartAsync(async progress =>
        {
            var bar = progress.AddTask("Handling earthquakes", maxValue: Math.Max(1, source.Lines));
            var working = work();
            // Events, not messages: after a crash messages come again.
            while (await Task.WhenAny(working, Task.Delay(100)) != working) bar.Value = ledger.Events + MainTopic(status).Invalid;
            await working;
            bar.Value = bar.MaxValue;
        });
    }

    /// <summary>Shows what happened, with the numbers as the last line. Returns the exit code.</summary>
    public int ShowSummary(Source source, HandlersStatus status, Ledger ledger)
    {
        var (lost, waiting, handled) = (source.Missing(ledger), source.Waiting(), ledger.Read());
        var table = new Table().Border(TableBorder.Simple).AddColumns("handler", "group", "read", "handled", "invalid", "failed");
        foreach (var h in status.Handlers)
            table.AddRow([h.Name, h.Group, .. new[] { h.Counts.Received, h.Counts.Handled, h.Counts.Invalid, h.Counts.Failed }.Select(Text)]);
        AnsiConsole.Write(table);

        if (handled.Count > 0) AnsiConsole.Write(new BarChart().Label("Events by network, all runs").LeftAlignLabel()
            .AddItems(handled.Values.CountBy(n => n).OrderByDescending(n => n.Value), n => new BarChartItem(Markup.Escape(Printable(n.Key)), n.Value, Color.Teal)));

        var strongest = alerts.OrderByDescending(a => a.Properties.Mag).Take(Most).ToList();
        Console.WriteLine($"{Count(alerts.Count, "alert")} of magnitude 4.5 and up in this run{(strongest.Count > 0 ? ", the strongest:" : ".")}");
        foreach (var quake in strongest) AnsiConsole.MarkupLineInterpolated($"  [red]{quake.Properties.Mag:0.0}[/] {Printable(quake.Properties.Place)}");
        foreach (var (quake, _) in headlines.OrderBy(h => h.At).Take(Most))
            AnsiConsole.MarkupLineInterpolated($"[yellow]Significant[/]: {quake.Magnitude:0.0} {Printable(quake.Place)}");
        if (headlines.Count > Most) Console.WriteLine($"and {headlines.Count - Most} more.");

        foreach (var failure in status.Failures) AnsiConsole.MarkupLineInterpolated($"[red]{Printable(failure.Message)}[/]");
        var counts = MainTopic(status);
        if (counts.Received == 0 && lost == 0 && waiting == 0 && source.Lines > 0) Console.WriteLine("Nothing was left to do: all of it is handled. --reset starts over.");
        if (ledger.Repeated(source.AppendedIds()) is > 0 and var repeated)
            Console.WriteLine($"{repeated} of them for the second time: the earlier run was killed before it could commit.");
        if (waiting > 0) Console.WriteLine($"{Count(waiting, "message")} left in the log: another run handles them.");
        Console.WriteLine($"read {counts.Received} handled {counts.Handled} invalid {counts.Invalid} failed {counts.Failed} lost {lost}");
        return lost == 0 && status.Failures.Count == 0 ? 0 : 1;
    }

    /// <summary>The handler that counts for the main topic: the one that writes every event down.</summary>
    private static HandlerCounts MainTopic(HandlersStatus status) => status.Handlers.First(h => h.Group == Source.Group).Counts;

    private static string Count(long count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    /// <summary>Data is text, not commands to a terminal.</summary>
    private static string Printable(string? text) => string.Concat((text ?? "").Where(c => !char.IsControl(c)));

    private static string Text(long count) => count.ToString(CultureInfo.InvariantCulture);
}
