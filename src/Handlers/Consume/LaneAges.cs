namespace Handlers;

/// <summary>What the watch sees of a lane, in one look.</summary>
internal sealed class LaneLook
{
    /// <summary>The most messages under way whose ages are kept.</summary>
    public const int MostUnderWay = 64;

    /// <summary>The lane's epoch: tickets of different ones have nothing to do with each other.</summary>
    public long Epoch { get; set; }

    /// <summary>The ticket of the oldest message without an outcome; null where there is none that counts.</summary>
    public long? Oldest { get; set; }

    /// <summary>The watermark.</summary>
    public Position? Handled { get; set; }

    /// <summary>How far it is read.</summary>
    public LaneState State { get; set; }

    /// <summary>Whether messages that are received are to be handled now.</summary>
    public bool HasUncommitted { get; set; }

    /// <summary>Whether there is a reason for the watermark to stand: people paused the lane, or its messages wait for their time.</summary>
    public bool MayStand { get; set; }

    /// <summary>What is under way.</summary>
    public OldestTickets UnderWay { get; } = new(MostUnderWay);
}

/// <summary>How long things of a lane are as they are, from a look once a second. Written by the watch; read by anybody.</summary>
/// <param name="time">Time.</param>
/// <param name="waits">How long a message may wait for others before its call begins; that is no age.</param>
internal sealed class LaneAges(TimeProvider time, TimeSpan waits)
{
    private readonly Lock gate = new();
    private readonly Dictionary<long, long> underWay = []; // guarded by gate: when each was seen first, by ticket
    private long epoch;          // guarded by gate, as all below
    private long? oldest;
    private long oldestSince;
    private Position? handled;
    private bool stands;
    private long standsSince;
    private Position? lastRead;
    private long leastLag;       // since the last read
    private TimeSpan leastTime;

    /// <summary>Whether the log has it already. The watch's own.</summary>
    public bool IsSaid { get; set; }

    /// <summary>How long the message that was oldest at the last look has been so. Zero where there was none.</summary>
    public TimeSpan Now
    {
        get
        {
            lock (gate) return oldest is not null && time.GetElapsedTime(oldestSince) - waits is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;
        }
    }

    /// <summary>For how long the watermark has stood at the last look although there was something to do. Zero where it did not.</summary>
    public TimeSpan Watermark
    {
        get
        {
            lock (gate) return stands && time.GetElapsedTime(standsSince) - waits is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;
        }
    }

    /// <summary>For how long a message has been seen under way.</summary>
    public TimeSpan UnderWay(long ofEpoch, long ticket)
    {
        lock (gate) return ofEpoch == epoch && underWay.TryGetValue(ticket, out var since) ? time.GetElapsedTime(since) : TimeSpan.Zero;
    }

    /// <summary>Takes in what is seen now. Returns the age of the oldest message.</summary>
    public TimeSpan Look(LaneLook look)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            var isNew = look.Epoch != epoch;
            epoch = look.Epoch;
            if (isNew || look.Oldest != oldest) (oldest, oldestSince, IsSaid) = (look.Oldest, now, false);
            LookAtUnderWay(look, now, isNew);
            LookAtWatermark(look, now, isNew);
        }

        return Now;
    }

    private void LookAtUnderWay(LaneLook look, long now, bool isNew)
    {
        if (isNew) underWay.Clear();
        foreach (var ticket in underWay.Keys)
            if (!look.UnderWay.All.Contains(ticket)) underWay.Remove(ticket);
        foreach (var ticket in look.UnderWay.All) underWay.TryAdd(ticket, now);
    }

    /// <summary>
    /// A lag alone is no work: positions without messages (a transaction's markers, what compaction took) leave one at a lane's end that never goes.
    /// One that has grown since something was read last is.
    /// </summary>
    private void LookAtWatermark(LaneLook look, long now, bool isNew)
    {
        // Where messages are told, the time may be the age of the last one, which grows by itself.
        var (lag, lagTime) = look.State.LagMessages is { } messages ? (messages, TimeSpan.Zero) : (0, look.State.LagTime ?? TimeSpan.Zero);
        var hasRead = look.State.LastRead != lastRead;
        lastRead = look.State.LastRead;
        leastLag = isNew || hasRead ? lag : Math.Min(lag, leastLag);
        leastTime = isNew || hasRead || lagTime < leastTime ? lagTime : leastTime;
        var hasWork = !look.MayStand && (look.HasUncommitted || lag > leastLag || lagTime > leastTime);
        if (isNew || !stands || !hasWork || look.Handled != handled) standsSince = now;
        stands = hasWork;
        handled = look.Handled;
    }
}
