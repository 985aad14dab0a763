using System.Globalization;
using Handlers.Benchmarks;
using Spectre.Console;

// Everything is measured in one run, in interleaved rounds, so that a machine that slows down slows down all alike.
var rounds = args is [var n, ..] && int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : 5;
var results = new Dictionary<string, List<Figures>>();
void Note(string name, Figures figures) => (results.TryGetValue(name, out var list) ? list : results[name] = []).Add(figures);

var loop = new LoopBenchmark();
await loop.PrepareAsync("bytes");
await loop.PrepareAsync("json");
await loop.PrepareAsync("keyed", keys: 10_000);
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
        ("JSON, none dead-lettered", await Failing(false, () => loop.RuntimeAsync("json", "Measured.OnSuspect", round))),
        ("JSON, 1 in 1,000 dead-lettered", await Failing(true, () => loop.RuntimeAsync("json", "Measured.OnSuspect", round))),
        ("embedded, JSON, none dead-lettered", await Failing(false, () => LoopBenchmark.EmbeddedAsync(log.Folder, SuspectLog.Messages, round))),
        ("embedded, JSON, 1 in 1,000 dead-lettered", await Failing(true, () => LoopBenchmark.EmbeddedAsync(log.Folder, SuspectLog.Messages, round))),
    };
    var (publish, read) = await EmbeddedBenchmark.RunAsync();
    if (round == 0) continue;
    foreach (var (name, figure) in figures) Note(name, figure);
    Note("embedded: publish, acknowledged, batches of 1,000", publish);
    Note("embedded: read, batches of 500", read);
}

var table = new Table().Border(TableBorder.Simple).AddColumns("median of " + rounds + " rounds", "ns/msg", "(min to max)", "msg/s", "B/msg");
foreach (var (name, figures) in results)
{
    var ns = figures.Select(f => f.Nanoseconds).Order().ToList();
    table.AddRow(name, F(ns[ns.Count / 2], "0.0"), $"({F(ns[0], "0.0")} to {F(ns[^1], "0.0")})", F(1e9 / ns[ns.Count / 2], "#,0"), F(figures.Select(f => f.Bytes).Order().ElementAt(figures.Count / 2), "0.000"));
}

AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
AnsiConsole.Write(table);

static Task<Figures> Failing(bool fails, Func<Task<Figures>> measure)
{
    Measured.Fails = fails;
    return measure();
}

static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
