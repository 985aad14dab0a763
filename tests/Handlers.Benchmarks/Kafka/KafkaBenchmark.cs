using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Handlers.Kafka.Peers;

namespace Handlers.Benchmarks;

/// <summary>
/// Our consumer beside what a person writes with Confluent.Kafka, and beside librdkafka from C: on one broker process, in interleaved rounds, each
/// row of each round in a process of its own. Neighbours in a round are compared, so that a machine that slows down slows down both.
/// </summary>
/// <param name="broker">The broker.</param>
/// <param name="c">The C program, or why there is none.</param>
/// <param name="isGuard">Whether this is the short form among the ordinary tests: one round on a machine that does other things, so throughput is bounded loosely.</param>
internal sealed class KafkaBenchmark(Broker broker, (CProgram? Program, string? Missing) c, bool isGuard)
{
    private const int Warm = 3;
    private const int Measured = 3;
    private const int MeasuredOfEach = 9; // of passes whose messages wait for round trips, as those differ most

    // The broker keeps 5 MiB of a partition: some 45,000 of these messages.
    private static readonly BenchTopic Readings = new(KafkaHandlers.Readings, Partitions: 12, Messages: 400_000);
    private static readonly BenchTopic Ledger = new(KafkaHandlers.Ledger, Partitions: 1, Messages: 5_000);
    private static readonly BenchTopic Ledgers = new($"{KafkaHandlers.Ledger}-4", Partitions: 4, Messages: 5_000);

    // In this order: those that a bound compares are neighbours.
    private readonly List<RowFigures> rows =
    [
        new(KafkaRow.HandStock, Readings), new(KafkaRow.HandLean, Readings), new(KafkaRow.JsonByConsume, Readings), new(KafkaRow.HandJson, Readings), new(KafkaRow.Json, Readings),
        new(KafkaRow.JsonMetered, Readings), new(KafkaRow.JsonTraced, Readings),
        new(KafkaRow.C, Readings), new(KafkaRow.Bytes, Readings),
        new(KafkaRow.HandEach, Ledger), new(KafkaRow.Each, Ledger), new(KafkaRow.HandEach, Ledgers), new(KafkaRow.Each, Ledgers),
    ];

    /// <summary>Allocations, which are exact, and whether JSON is not slower than the loop by hand.</summary>
    public static Task<bool> GuardAsync() => RunAsync(1, [KafkaRow.HandJson.Word, KafkaRow.Json.Word, KafkaRow.Bytes.Word], isGuard: true);

    /// <summary>Measures, prints, and returns whether every bound holds that could be measured.</summary>
    /// <param name="rounds">How many.</param>
    /// <param name="only">Words of the rows that are wanted; none: all.</param>
    /// <param name="isGuard">Whether throughput is bounded loosely.</param>
    public static async Task<bool> RunAsync(int rounds, IReadOnlyCollection<string> only, bool isGuard = false)
    {
        await using var broker = await Broker.StartAsync();
        foreach (var topic in new[] { Readings, Ledger, Ledgers }) await topic.FillAsync(broker);
        var c = CProgram.Compile(); // after the topics: the library is loaded
        using var program = c.Program;
        return await new KafkaBenchmark(broker, c, isGuard).RunRoundsAsync(rounds, only);
    }

    private async Task<bool> RunRoundsAsync(int rounds, IReadOnlyCollection<string> only)
    {
        if (only.Count > 0) rows.RemoveAll(r => !only.Contains(r.Row.Word));
        for (var round = 1; round <= rounds; round++)
        {
            // Every other round the other way round: who comes second has no advantage of it.
            foreach (var row in round % 2 == 1 ? rows : Enumerable.Reverse(rows)) await MeasureAsync(row, round, rounds);
        }

        RowTable.Write($"Kafka, median of {rounds} rounds", "partitions", rows);
        return Bound.AllHold([.. Bounds()]);
    }

    private async Task MeasureAsync(RowFigures row, int round, int rounds)
    {
        if (row.Row.Run is null && c.Program is null)
        {
            row.Skipped = c.Missing;
            return;
        }

        var began = Stopwatch.GetTimestamp();
        var group = string.Create(CultureInfo.InvariantCulture, $"{row.Row.Word}-{row.Topic.Name}-{round}");
        var request = new RowRequest(row.Row.Word, broker.Bootstrap, row.Topic.Name, row.Topic.Messages, group, Warm, MeasuredOf(row.Row));
        var passes = await RowProcess.RunAsync(request, row.Row.Run is null ? c.Program!.Start(request) : null);
        for (var pass = 0; pass < request.Passes; pass++)
            if (row.Topic.Committed(broker, request.GroupOf(pass)) is var committed && committed != row.Topic.Messages)
                throw new InvalidOperationException($"{row.Row.Name}: {committed} of {row.Topic.Messages} messages are committed after pass {pass}.");
        row.Add(passes);
        RowTable.Tell("kafka", row, passes, round, rounds, began);
    }

    private IEnumerable<Bound> Bounds()
    {
        if (Of(KafkaRow.Json) is { } json)
        {
            if (Of(KafkaRow.HandJson) is { } hand) yield return Bound.AtLeast("JSON at least once, to the loop by hand", isGuard ? 1.0 : 1.5, json, hand);
            yield return Bound.Below("JSON at least once, beside the payload", 8, json, PayloadBytes());
        }

        if (Of(KafkaRow.Bytes) is { } bytes)
        {
            if (Of(KafkaRow.C) is { } c) yield return Bound.AtLeast("bytes at least once, to C", 0.7, bytes, c);
            yield return Bound.Below("bytes at least once", 8, bytes, 0);
        }

        foreach (var topic in new[] { Ledger, Ledgers })
            if (Of(KafkaRow.Each, topic) is { } each && Of(KafkaRow.HandEach, topic) is { } hand)
                yield return Bound.AtLeast(string.Create(CultureInfo.InvariantCulture, $"EachMessage, {topic.Partitions} partition(s), to the loop by hand"), 0.95, each, hand);
    }

    private static int MeasuredOf(BenchRow row) => row == KafkaRow.HandStock ? 1 : row == KafkaRow.Each || row == KafkaRow.HandEach ? MeasuredOfEach : Measured;

    private RowFigures? Of(BenchRow row, BenchTopic? topic = null) => rows.Find(r => r.Row == row && (topic is null || r.Topic == topic));

    /// <summary>What the payload of one message takes by itself.</summary>
    private static double PayloadBytes()
    {
        const int Messages = 10_000;
        var body = BenchTopic.Body(0);
        JsonSerializer.Deserialize(body, BenchJson.Default.Reading); // what is made once
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Messages; i++) JsonSerializer.Deserialize(body, BenchJson.Default.Reading);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Messages;
    }
}
