using Handlers.Kafka;

namespace Handlers.Benchmarks;

/// <summary>One row of the table.</summary>
/// <param name="Name">For people.</param>
/// <param name="Word">For processes.</param>
/// <param name="Run">One pass, in a process of its own; null: the C program's.</param>
internal sealed record KafkaRow(string Name, string Word, Func<RowRequest, string, Task<Pass>>? Run)
{
    public static readonly KafkaRow Json = new("ours, JSON, at least once", "json", (r, group) => OurPass.RunAsync(r, group, "KafkaHandlers.OnReading"));
    public static readonly KafkaRow JsonByConsume = new("ours, JSON, at least once, Reads = Consume", "json-consume", (r, group) => OurPass.RunAsync(r, group, "KafkaHandlers.OnReading", KafkaReads.Consume));
    public static readonly KafkaRow Bytes = new("ours, bytes, at least once", "bytes", (r, group) => OurPass.RunAsync(r, group, "KafkaHandlers.OnBytes"));
    public static readonly KafkaRow Each = new("ours, JSON, EachMessage", "each", (r, group) => OurPass.RunAsync(r, group, "KafkaHandlers.OnEach"));
    public static readonly KafkaRow HandJson = new("by hand, JSON, StoreOffset, auto commit", "hand-json", (r, group) => HandPass.StoreAsync(r, group, tuned: true));
    public static readonly KafkaRow HandStock = new("by hand, the same, the client's own fetch settings", "hand-stock", (r, group) => HandPass.StoreAsync(r, group, tuned: false));
    public static readonly KafkaRow HandLean = new("by hand, the same, JSON from the span, no headers", "hand-lean", (r, group) => HandPass.StoreLeanAsync(r, group));
    public static readonly KafkaRow HandEach = new("by hand, JSON, Commit(result) each", "hand-each", (r, group) => HandPass.CommitEachAsync(r, group));
    public static readonly KafkaRow C = new("librdkafka from C, batches of 1,000", "c", null);

    private static readonly TimeSpan Compiles = TimeSpan.FromMilliseconds(300);

    private static readonly KafkaRow[] All = [Json, JsonByConsume, Bytes, Each, HandJson, HandStock, HandLean, HandEach];

    /// <summary>
    /// The process of a row: its passes one after the other, each a group of its own, a line for each that is measured. Those before are for the
    /// just-in-time compiler, which gets a pause behind them to finish what it has found to be hot.
    /// </summary>
    public static async Task<int> RunAsync(RowRequest request)
    {
        var row = All.Single(r => r.Word == request.Row);
        for (var pass = 0; pass < request.Passes; pass++)
        {
            var figures = await row.Run!(request, request.GroupOf(pass));
            if (pass >= request.Warm) Console.WriteLine(figures);
            GC.Collect(); // what one pass leaves is not the next one's to collect
            if (pass < request.Warm) await Task.Delay(Compiles);
        }

        return 0;
    }
}
