using System.Globalization;
using Spectre.Console;

namespace Handlers.Benchmarks;

/// <summary>The runtime without a broker, and the embedded log: in interleaved rounds, so that a machine that slows down slows down all alike.</summary>
internal static class CoreBenchmark
{
    private const double MostWithLetters = 1 / 0.9; // throughput stays within 10 %

    /// <returns>Whether every bound holds.</returns>
    public static async Task<bool> RunAsync(int rounds)
    {
        var results = new Dictionary<string, List<Figures>>();
        void Note(string name, Figures figures) => (results.TryGetValue(name, out var list) ? list : results[name] = []).Add(figures);

        var loop = await LoopBenchmark.PreparedAsync();
        var failing = new Dictionary<string, List<(double Failing, double Quiet)>> { ["in memory"] = [], ["embedded"] = [] };
        var telemetry = new TelemetryBenchmark();
        using var log = await SuspectLog.CreateAsync();
        for (var round = 0; round <= rounds; round++)
        {
            Console.Error.WriteLine(round == 0 ? "warming up" : $"round {round} of {rounds}");
            var figures = new (string Name, Figures Figures)[]
            {
                ("a bare delegate loop, bytes", await loop.BareBytesAsync()),
                ("the runtime, bytes", await loop.RuntimeAsync("bytes", "Measured.OnBytes", round)),
                ("a bare delegate loop, JSON", await loop.BareJsonAsync()),
                ("the runtime, JSON", await loop.RuntimeAsync("json", "Measured.OnReading", round)),
                ("the runtime, bytes, order by key (10,000 keys)", await loop.RuntimeAsync("keyed", "Measured.OnKeyed", round)),
                ("the runtime, bytes, no order", await loop.RuntimeAsync("keyed", "Measured.OnAny", round)),
            };
            var (inMemory, embedded) = (await loop.SuspectsAsync(round), await LoopBenchmark.SuspectsAsync(log, round));
            var (publish, read) = await EmbeddedBenchmark.RunAsync();
            await telemetry.RunAsync(loop, round);
            if (round == 0) continue;
            foreach (var (name, figure) in figures) Note(name, figure);
            failing["in memory"].AddRange(inMemory.Pairs());
            failing["embedded"].AddRange(embedded.Pairs());
            Note("embedded: publish, acknowledged, batches of 1,000", publish);
            Note("embedded: read, batches of 500", read);
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("median of " + rounds + " rounds", "ns/msg", "(min to max)", "msg/s", "B/msg");
        foreach (var (name, figures) in results)
        {
            var ns = figures.Select(f => f.Nanoseconds).Order().ToList();
            table.AddRow(name, F(ns[ns.Count / 2], "0.0"), $"({F(ns[0], "0.0")} to {F(ns[^1], "0.0")})", F(1e9 / ns[ns.Count / 2], "#,0"), F(figures.Select(f => f.Bytes).Order().ElementAt(figures.Count / 2), "0.000"));
        }

        var letters = new Table().Border(TableBorder.Simple).AddColumns("1 in 1,000 dead-lettered, JSON", "ns/msg with", "without", "times as long", "(quartiles)", "pairs of segments");
        foreach (var (name, pairs) in failing)
        {
            var ratios = pairs.Select(static p => p.Failing / p.Quiet).Order().ToList();
            letters.AddRow(name, F(Median(pairs.Select(static p => p.Failing)), "0.0"), F(Median(pairs.Select(static p => p.Quiet)), "0.0"),
                F(ratios[ratios.Count / 2], "0.000"), $"({F(ratios[ratios.Count / 4], "0.00")} to {F(ratios[ratios.Count * 3 / 4], "0.00")})", F(pairs.Count, "#,0"));
        }

        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        AnsiConsole.Write(table);
        AnsiConsole.Write(letters);
        var letterBounds = failing.Select(static f => Bound.AtMost($"1 in 1,000 dead-lettered, {f.Key}", MostWithLetters, [.. f.Value.Select(static p => p.Failing / p.Quiet).Order()]));
        return Bound.AllHold([.. letterBounds]) & telemetry.Tell();
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;

    private static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
