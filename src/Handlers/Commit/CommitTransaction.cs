namespace Handlers;

/// <summary>
/// Results and position together: what messages published waits here until the watermark has passed them, and goes to the lane with it. So
/// a result is in the same transaction as its message's position, or, where that is handled again, in none.
/// </summary>
/// <param name="lane">The lane.</param>
/// <param name="watermark">Its watermark.</param>
/// <param name="flusher">Makes both durable.</param>
/// <param name="most">When so many results were gathered, the lane waits for a transaction: the bound of memory.</param>
internal sealed class CommitTransaction(ITransactionalLane lane, Watermark watermark, Flusher flusher, int most) : CommitStrategy(lane, watermark, flusher)
{
    private readonly Lock gate = new();
    private readonly Dictionary<long, IReadOnlyList<OutgoingMessage>> gathered = []; // guarded by gate, as all below: by ticket
    private long handed;    // the first ticket that was not handed to the lane
    private int sinceHanded; // results gathered since then
    private long mark;      // the flush that makes durable what was handed over last

    public override bool OwesOutputs
    {
        get
        {
            lock (gate) return gathered.Count > 0 || !Flusher.IsDone(mark);
        }
    }

    /// <summary>A message is about to have its final outcome, with what it published.</summary>
    public void Gather(long ticket, IReadOnlyList<OutgoingMessage> outputs)
    {
        if (outputs.Count == 0) return;
        lock (gate)
        {
            gathered.Add(ticket, outputs);
            sinceHanded += outputs.Count;
        }
    }

    public override ValueTask AfterOutcomeAsync(CancellationToken stop)
    {
        lock (gate)
        {
            if (sinceHanded < most) return default;
            sinceHanded = 0; // those that a stuck message keeps here are bounded by the window
        }

        return FlushAsync(stop);
    }

    /// <summary>What is handled was handled in the old place, so its results belong to it.</summary>
    public override ValueTask BeforeSeekAsync(CancellationToken stop) => FlushAsync(stop);

    protected override void Hand(Position handled, long next)
    {
        lock (gate)
        {
            var outputs = new List<OutgoingMessage>();
            for (; handed < next; handed++)
                if (gathered.Remove(handed, out var published)) outputs.AddRange(published);
            lane.Store(handled, outputs);
            Flusher.Telemetry?.Sent(outputs);
            sinceHanded = 0;
            mark = Flusher.Next;
        }
    }

    private ValueTask FlushAsync(CancellationToken stop)
    {
        Store();
        return Flusher.FlushAsync(stop);
    }
}
