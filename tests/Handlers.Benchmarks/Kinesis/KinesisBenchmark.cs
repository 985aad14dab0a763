using System.Diagnostics;
using System.Globalization;
using Handlers.Kinesis.Peers;

namespace Handlers.Benchmarks;

/// <summary>
/// Our consumer beside what a person writes with the SDK's client alone, on one emulator process (npm's kinesalite). Both are processes of their own, warm and at
/// hand at the same time, whose passes take turns: a machine that slows down, or an emulator that does, slows down both.
/// </summary>
internal sealed class KinesisBenchmark(Emulator emulator)
{
    private const int Warm = 2;
    private const int Measured = 4; // of each, in each round

    // The emulator is slow, and each of its answers has 10,000 records: of fewer there would be too few answers one behind the other.
    private static readonly BenchTopic One = new(KinesisHandlers.Readings, Partitions: 1, Messages: 50_000);
    private static readonly BenchTopic Four = new($"{KinesisHandlers.Readings}-4", Partitions: 4, Messages: 80_000);

    private readonly List<Rivals> all =
    [
        new("JSON", new(KinesisRow.BareJson, One), new(KinesisRow.Json, One)),
        new("bytes", new(KinesisRow.BareBytes, One), new(KinesisRow.Bytes, One)),
        new("JSON", new(KinesisRow.BareJson, Four), new(KinesisRow.Json, Four)),
    ];

    /// <summary>Measures, prints, and returns whether every bound holds that could be measured.</summary>
    /// <param name="rounds">How many.</param>
    /// <param name="only">Words of the rows that are wanted, with those that they are compared to; none: all.</param>
    public static async Task<bool> RunAsync(int rounds, IReadOnlyCollection<string> only)
    {
        if (Emulator.Missing is { } why)
        {
            Console.WriteLine($"Kinesis: skipped: {why}");
            return true;
        }

        await using var emulator = await Kinesalite.StartAsync();
        using (var client = new BenchClient(emulator.Endpoint))
            foreach (var topic in new[] { One, Four }) await topic.FillAsync(client);
        return await new KinesisBenchmark(emulator).RunRoundsAsync(rounds, only);
    }

    private async Task<bool> RunRoundsAsync(int rounds, IReadOnlyCollection<string> only)
    {
        if (only.Count > 0) all.RemoveAll(r => !only.Contains(r.Bare.Row.Word) && !only.Contains(r.Ours.Row.Word));
        if (all.Count == 0) return true;
        for (var round = 1; round <= rounds; round++)
            foreach (var rivals in all) await MeasureAsync(rivals, round, rounds);
        RowTable.Write($"Kinesis, median of {rounds * Measured} passes", "shards", all.SelectMany(static r => new[] { r.Bare, r.Ours }));
        Console.WriteLine("The source system, as found and not measured here: 49 records/s as shipped, 17,500 without its sleep, on the same emulator.");
        return Bound.AllHold([.. all.Select(static r => Bound.AtLeast(string.Create(CultureInfo.InvariantCulture, $"{r.Name}, {r.Ours.Topic.Partitions} shard(s), to the bare loop"), 0.95, r.Ours, r.Bare))]);
    }

    private async Task MeasureAsync(Rivals rivals, int round, int rounds)
    {
        var began = Stopwatch.GetTimestamp();
        using var bare = await StartAsync(rivals.Bare, round);
        using var ours = await StartAsync(rivals.Ours, round);
        List<Pass> ofBare = [], ofOurs = [];
        for (var pass = 0; pass < Measured; pass++)
        {
            // Every other one the other way round: who comes second has no advantage of it.
            if (pass % 2 == 0) ofBare.Add(await bare.MeasureAsync());
            ofOurs.Add(await ours.MeasureAsync());
            if (pass % 2 != 0) ofBare.Add(await bare.MeasureAsync());
        }

        foreach (var (row, passes) in new[] { (rivals.Bare, ofBare), (rivals.Ours, ofOurs) })
        {
            passes.ForEach(row.Add);
            RowTable.Tell("kinesis", row, passes, round, rounds, began);
        }
    }

    private Task<AskedRow> StartAsync(RowFigures row, int round)
    {
        var group = string.Create(CultureInfo.InvariantCulture, $"{row.Row.Word}-{row.Topic.Name}-{round}");
        return AskedRow.StartAsync(new RowRequest(row.Row.Word, emulator.Endpoint, row.Topic.Name, row.Topic.Messages, group, Warm, Measured));
    }

    /// <summary>Two rows that take turns.</summary>
    private sealed record Rivals(string Name, RowFigures Bare, RowFigures Ours);
}
