namespace Handlers.Kinesis;

/// <summary>
/// A lease while this worker has it: one assignment, from taken to finished, released or lost. A lease that comes back is another one, so what an
/// earlier assignment still wants to write is refused.
/// </summary>
internal sealed class HeldLease
{
    private readonly List<LeaseCheckpoint> tried = []; // since the last known row; in the turn
    private volatile Lease row;
    private volatile bool isOver;

    /// <param name="row">As it was written when it was taken.</param>
    /// <param name="since">The timestamp before that write.</param>
    public HeldLease(Lease row, long since)
    {
        this.row = row;
        Since = since;
        Begin = row.Checkpoint;
        IsFirst = row.Counter == 1;
    }

    /// <summary>The shard's id.</summary>
    public string Shard => row.Shard;

    /// <summary>Where reading begins.</summary>
    public LeaseCheckpoint Begin { get; }

    /// <summary>Nobody has had it before: it was made with 0, and each write raises the counter.</summary>
    public bool IsFirst { get; }

    /// <summary>The last checkpoint that is known to be written. Any thread.</summary>
    public LeaseCheckpoint Checkpoint => row.Checkpoint;

    /// <summary>Finished, released or lost. Any thread.</summary>
    public bool IsOver => isOver;

    /// <summary>Its writes, one after the other. What follows is read and written by who has it.</summary>
    public Turn Turn { get; } = new();

    /// <summary>The row as it is known to stand. What is written is conditional on it.</summary>
    public Lease Row => row;

    /// <summary>The timestamp before the last write that is known to have been made: the lease time counts from there.</summary>
    public long Since { get; private set; }

    /// <summary>The timestamp from which its time for the hand-over counts; null: nobody wants it.</summary>
    public long? WantedSince { get; private set; }

    /// <summary>Whoever has not the turn may see it.</summary>
    public void End() => isOver = true;

    public void Want() => WantedSince = Since;

    /// <summary>Before a write is tried: from now on the row may hold this.</summary>
    public void Try(LeaseCheckpoint checkpoint) => tried.Add(checkpoint);

    public void Confirm(Lease written, long began)
    {
        row = written;
        Since = began;
        tried.Clear();
    }

    /// <summary>
    /// Whether a row, read after a write of unknown outcome, is this assignment's still: ours by name, and neither counter nor checkpoint are
    /// anything but what we know or have tried. Otherwise somebody had it in between, or uses this worker's name.
    /// </summary>
    /// <remarks>
    /// Who asks for it changes the owner and not the counter. A Kinesis Client Library of version 2 that takes it then leaves our name as the one who hands over, as it does not
    /// know it: but its take is one more switch of owners than the asking, or another owner than the one who is known to have asked.
    /// </remarks>
    public bool Recognizes(Lease seen, string worker) =>
        seen.Writer == worker
        && seen.Assignment == row.Assignment
        && (seen.HandedOverBy is null || (row.HandedOverBy is null ? seen.OwnerSwitches <= row.OwnerSwitches + 1 : seen.Owner == row.Owner))
        && (seen.Counter == row.Counter || (seen.Counter == row.Counter + 1 && tried.Count > 0))
        && (seen.Checkpoint == row.Checkpoint || tried.Contains(seen.Checkpoint));

    /// <summary>Goes on from a row that it recognizes. Its lease time does not begin anew: when the row was written is not known.</summary>
    public void Adopt(Lease seen)
    {
        if (seen.Counter != row.Counter) tried.Clear(); // whatever else was tried was conditional on the counter before
        row = seen;
    }
}
