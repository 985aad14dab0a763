namespace Handlers.Kinesis.Peers;

/// <summary>npm's dynalite: DynamoDB for lease tables. Starts in about 0.3 s.</summary>
/// <remarks>
/// Where it is not like DynamoDB (4.0.0): there are no transactions, no streams and no time to live; ReturnValuesOnConditionCheckFailure is ignored, so the
/// error has no item; an index comes with CreateTable only; nothing is throttled; reading is always consistent. A table that exists is refused with an empty message.
/// </remarks>
public sealed class Dynalite : Emulator
{
    private Dynalite(System.Diagnostics.Process process) : base(process)
    {
    }

    /// <param name="change">How long making, changing and deleting a table takes: 20 ms if null.</param>
    /// <param name="stop">Gives up starting.</param>
    /// <exception cref="InvalidOperationException">It does not start; it says why.</exception>
    public static async Task<Dynalite> StartAsync(TimeSpan? change = null, CancellationToken stop = default)
    {
        var time = Milliseconds(change ?? TimeSpan.FromMilliseconds(20));
        var emulator = new Dynalite(Begin("dynalite", [$"createTableMs={time}", $"updateTableMs={time}", $"deleteTableMs={time}"]));
        await emulator.ReadyAsync(stop);
        return emulator;
    }
}
