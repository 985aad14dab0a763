using System.Globalization;
using Spectre.Console;

namespace Handlers.Benchmarks;

/// <summary>What telemetry costs that somebody listens to: in segments of one run, as two runs differ by more than is allowed.</summary>
internal sealed class TelemetryBenchmark
{
    private const double Allowed = 1.05;

    private readonly IReadOnlyList<Row> rows =
    [
        new("nothing: what the machine adds by itself", "Measured.OnSwitched", 0, null, static _ => new Listening.Nothing()),
        new("read once a second", "Measured.OnSwitched", 0, Allowed, static s => new Listening.Reader(s)),
        new("OpenTelemetry, metrics", "Measured.OnSwitched", 0, Allowed, static _ => new Listening.OpenTelemetry(traces: false)),
        new("OpenTelemetry, metrics and traces", "Measured.OnSwitched", 0, Allowed, static _ => new Listening.OpenTelemetry(traces: true)),
        new("OpenTelemetry, metrics with the compatibility view", "Measured.OnSwitched", 0, Allowed, static _ => new Listening.OpenTelemetry(traces: false), KeyValuePair.Create("Handlers:CompatibilityMetrics", (string?)"true")),
        new("OpenTelemetry, metrics and a span for each message", "Measured.OnSwitched", 0, null, static _ => new Listening.OpenTelemetry(traces: true), KeyValuePair.Create("Handlers:SpansPerSecond", (string?)"0")),
        new("read once a second, bytes", "Measured.OnSwitchedBytes", 0, null, static s => new Listening.Reader(s)),
        new("read once a second, bytes, order by key", "Measured.OnSwitchedKeyed", 10_000, null, static s => new Listening.Reader(s)),
    ];

    private readonly Dictionary<Row, List<(double Other, double Plain)>> measured = [];

    /// <summary>By itself.</summary>
    /// <returns>Whether every bound holds.</returns>
    public static async Task<bool> RunAsync(int rounds)
    {
        var loop = await LoopBenchmark.PreparedAsync();
        var telemetry = new TelemetryBenchmark();
        for (var round = 0; round <= rounds; round++)
        {
            Console.Error.WriteLine(round == 0 ? "warming up" : $"round {round} of {rounds}");
            await telemetry.RunAsync(loop, round);
        }

        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        return telemetry.Tell();
    }

    /// <summary>One round of each row.</summary>
    public async Task RunAsync(LoopBenchmark loop, int round)
    {
        foreach (var row in rows)
        {
            var segments = await loop.SwitchedAsync(row.Handler, row.Keys, row.Listens, row.Settings);
            if (round > 0) (measured.TryGetValue(row, out var pairs) ? pairs : measured[row] = []).AddRange(segments.Pairs());
        }
    }

    /// <summary>Prints what was measured. False: a bound does not hold.</summary>
    public bool Tell()
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("telemetry on, in every other segment of a run", "ns/msg with", "without", "times as long", "(quartiles)", "pairs of segments");
        foreach (var (row, pairs) in measured)
        {
            var ratios = Ratios(pairs);
            table.AddRow(row.Name, F(Median(pairs.Select(static p => p.Other)), "0.0"), F(Median(pairs.Select(static p => p.Plain)), "0.0"),
                F(Median(ratios), "0.000"), $"({F(ratios[ratios.Count / 4], "0.00")} to {F(ratios[ratios.Count * 3 / 4], "0.00")})", F(pairs.Count, "0"));
        }

        AnsiConsole.Write(table);
        return Bound.AllHold([.. measured.Where(static m => m.Key.Most is not null).Select(m => Bound.AtMost($"a handler of JSON, {m.Key.Name}", m.Key.Most!.Value, Ratios(m.Value)))]);
    }

    private static List<double> Ratios(List<(double Other, double Plain)> pairs) => [.. pairs.Select(static p => p.Other / p.Plain).Order()];

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;

    private static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>One kind of listener.</summary>
    /// <param name="Name">For people.</param>
    /// <param name="Handler">Who handles.</param>
    /// <param name="Keys">How many different keys the messages have; 0: they have none.</param>
    /// <param name="Most">How many times as long a message may take; null: it is only printed.</param>
    /// <param name="Listens">Makes the listener, of the host's services.</param>
    /// <param name="Settings">What is configured otherwise.</param>
    private sealed record Row(string Name, string Handler, int Keys, double? Most, Func<IServiceProvider, Listening> Listens, params KeyValuePair<string, string?>[] Settings);
}
