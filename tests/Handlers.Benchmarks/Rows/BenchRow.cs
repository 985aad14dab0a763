namespace Handlers.Benchmarks;

/// <summary>One row of a table.</summary>
/// <param name="Name">For people.</param>
/// <param name="Word">For processes.</param>
/// <param name="Run">One pass, in a process of its own; null: another program's than this.</param>
internal sealed record BenchRow(string Name, string Word, Func<RowRequest, string, Task<Pass>>? Run)
{
    private static readonly TimeSpan Compiles = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// The process of a row: its passes one after the other, each a group of its own, a line for each that is measured. Those before are for the
    /// just-in-time compiler, which gets a pause behind them to finish what it has found to be hot.
    /// </summary>
    /// <param name="request">What to measure.</param>
    /// <param name="asks">Where each pass that is measured is asked for with a line, once it was said that the row is ready for it; null: they are not.</param>
    public static async Task<int> RunAsync(RowRequest request, TextReader? asks = null)
    {
        var row = KafkaRow.All.Concat(KinesisRow.All).Single(r => r.Word == request.Row);
        for (var pass = 0; pass < request.Passes; pass++)
        {
            if (asks is not null && pass >= request.Warm)
            {
                Console.WriteLine(AskedRow.Ready);
                if (await asks.ReadLineAsync() is null) return 1; // who asks is gone
            }

            var figures = await row.Run!(request, request.GroupOf(pass));
            if (pass >= request.Warm) Console.WriteLine(figures);
            GC.Collect(); // what one pass leaves is not the next one's to collect
            if (pass < request.Warm) await Task.Delay(Compiles);
        }

        return 0;
    }
}
