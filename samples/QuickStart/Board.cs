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

    /// <summary>A bar while the work goes on.</summary>
    /// <param name="lines">How many lines there are in all.</param>
    /// <param name="ledger">What is handled. Events, not messages: after a crash messages come again.</param>
    /// <param name="status">Counts what was invalid.</param>
    /// <param name="work">Appends and waits until all is handled.</param>
    public static Task ShowProgressAsync(int lines, Ledger ledger, HandlersStatus status, Func<Task> work) => AnsiConsole.Progress().StartAsync(async progress =>
    {
        var bar = progress.AddTask("Handling earthquakes", maxValue: Math.Max(1, lines));
        var working = work();
        while (await Task.WhenAny(working, Task.Delay(100)) != working) bar.Value = ledger.Events + Tally(status).Invalid;
        await working;
        bar.Value = bar.MaxValue;
    });

    /// <summary>Shows what happened, with the numbers as the last line. Returns the exit code.</summary>
    /// <param name="status">Counts of this run.</param>
    /// <param name="handled">The network of each event that is written down, by its id.</param>
    /// <param name="lost">How many events were appended and are not.</param>
    /// <param name="notes">What else there is to say.</param>
    public int ShowSummary(HandlersStatus status, Dictionary<string, string> handled, int lost, IEnumerable<string> notes)
    {
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
        var counts = Tally(status);
        foreach (var note in notes) Console.WriteLine(note);
        Console.WriteLine($"read {counts.Received} handled {counts.Handled} invalid {counts.Invalid} failed {counts.Failed} lost {lost}");
        return lost == 0 && status.Failures.Count == 0 ? 0 : 1;
    }

    /// <summary>The handler that counts for the main topic: the one that writes every event down.</summary>
    public static HandlerCounts Tally(HandlersStatus status) => status.Handlers.First(h => h.Group == "tally").Counts;

    public static string Count(long count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    /// <summary>Data is text, not commands to a terminal.</summary>
    private static string Printable(string? text) => string.Concat((text ?? "").Where(c => !char.IsControl(c)));

    private static string Text(long count) => count.ToString(CultureInfo.InvariantCulture);
}
