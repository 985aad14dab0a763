using System.Diagnostics;
using System.Globalization;
using Handlers.Kinesis.Peers;

namespace Handlers.Benchmarks;

/// <summary>
/// Our consumer beside what a person writes with the SDK's client alone: on one emulator process (npm's kinesalite), in interleaved rounds, each row of each
/// round in a process of its own. Neighbours in a round are compared, so that a machine that slows down slows down both.
/// </summary>
internal sealed class KinesisBenchmark(Emulator emulator)
{
    private const int Warm = 2;
    private const int Measured = 1;

    // The emulator is slow, and each of its answers has 10,000 records: of fewer there would be too few answers one behind the other.
    private static readonly BenchTopic One = new(KinesisHandlers.Readings, Partitions: 1, Messages: 50_000);
    private static readonly BenchTopic Four = new($"{KinesisHandlers.Readings}-4", Partitions: 4, Messages: 80_000);

    // In this order: those that a bound compares are neighbours.
    private readonly List<RowFigures> rows =
    [
        new(KinesisRow.BareJson, One), new(KinesisRow.Json, One), new(KinesisRow.BareBytes, One), new(KinesisRow.Bytes, One),
        new(KinesisRow.BareJson, Four), new(KinesisRow.Json, Four),
    ];

    /// <summary>Measures, prints, and returns whether every bound holds that could be measured.</summary>
    /// <param name="rounds">How many.</param>
    /// <param name="only">Words of the rows that are wanted; none: all.</param>
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
        if (only.Count > 0) rows.RemoveAll(r => !only.Contains(r.Row.Word));
        if (rows.Count == 0) return true;
        await MeasureAsync(rows[0], round: 0); // the emulator has a just-in-time compiler too
        for (var round = 1; round <= rounds; round++)
        {
            // Every other round the other way round: who comes second has no advantage of it.
            foreach (var row in round % 2 == 1 ? rows : Enumerable.Reverse(rows))
            {
                var began = Stopwatch.GetTimestamp();
                var passes = await MeasureAsync(row, round);
                row.Add(passes);
                RowTable.Tell("kinesis", row, passes, round, rounds, began);
            }
        }

        RowTable.Write($"Kinesis, median of {rounds} rounds", "shards", rows);
        Console.WriteLine("The source system, as found and not measured here: 49 records/s as shipped, 17,500 without its sleep, on the same emulator.");
        return Bound.AllHold([.. Bounds()]);
    }

    private Task<IReadOnlyList<Pass>> MeasureAsync(RowFigures row, int round)
    {
        var group = string.Create(CultureInfo.InvariantCulture, $"{row.Row.Word}-{round}");
        return RowProcess.RunAsync(new RowRequest(row.Row.Word, emulator.Endpoint, row.Topic.Name, row.Topic.Messages, group, Warm, Measured), isInstrumented: false);
    }

    private IEnumerable<Bound> Bounds()
    {
        foreach (var topic in new[] { One, Four })
            foreach (var (mine, bare, what) in new[] { (KinesisRow.Json, KinesisRow.BareJson, "JSON"), (KinesisRow.Bytes, KinesisRow.BareBytes, "bytes") })
                if (Of(mine, topic) is { } ours && Of(bare, topic) is { } loop)
                    yield return Bound.AtLeast(string.Create(CultureInfo.InvariantCulture, $"{what}, {topic.Partitions} shard(s), to the bare loop"), 0.95, ours, loop);
    }

    private RowFigures? Of(BenchRow row, BenchTopic topic) => rows.Find(r => r.Row == row && r.Topic == topic);
}
