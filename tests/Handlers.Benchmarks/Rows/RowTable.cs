using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Handlers.Benchmarks;

/// <summary>Tells people what was measured: a line for each row of each round, and a table in the end.</summary>
internal static class RowTable
{
    /// <summary>A row of a round is measured. To standard error.</summary>
    public static void Tell(string part, RowFigures row, IReadOnlyList<Pass> passes, int round, int rounds, long began) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{part}, round {round} of {rounds}: {row.Row.Word,-12} {row.Topic.Partitions,2} {string.Join(' ', passes.Select(static p => p.PerSecond.ToString("#,0", CultureInfo.InvariantCulture)))} msg/s, {row.Rounds[^1].BytesOfOne:0.0} B/msg, {row.Rounds[^1].ProcessorOfOne:0.00} us/msg ({Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s)"));

    /// <summary>The table.</summary>
    public static void Write(string title, string lanes, IEnumerable<RowFigures> rows)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(title, lanes, "msg/s", "(min to max)", "CPU us/msg", "B/msg");
        foreach (var row in rows)
        {
            if (row.Skipped is { } why) table.AddRow(row.Row.Name, "", $"skipped: {why}");
            else table.AddRow(
                row.Row.Name, F(row.Topic.Partitions, "0"), F(row.Median(PerSecond), "#,0"), $"({F(row.Least(PerSecond), "#,0")} to {F(row.Most(PerSecond), "#,0")})",
                F(row.Median(static p => p.ProcessorOfOne), "0.00"), row.Row.Run is null ? "-" : F(row.Median(static p => p.BytesOfOne), "0.0"));
        }

        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 160);
        AnsiConsole.Write(table);
    }

    private static double PerSecond(Pass pass) => pass.PerSecond;

    private static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
