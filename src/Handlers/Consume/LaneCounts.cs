namespace Handlers;

/// <summary>The counts of one lane. Written by the lane's loop alone; read by anybody.</summary>
internal sealed class LaneCounts
{
    private long received;
    private long handled;
    private long invalid;
    private long failed;
    private long late;

    public HandlerCounts Snapshot => new(
        Volatile.Read(ref received), Volatile.Read(ref handled), Volatile.Read(ref invalid), Volatile.Read(ref failed), Volatile.Read(ref late));

    public void Received(int messages) => Volatile.Write(ref received, received + messages);

    public void Count(Outcome outcome)
    {
        if (outcome.Kind == OutcomeKind.Handled) Volatile.Write(ref handled, handled + 1);
        else if (outcome.IsInvalid) Volatile.Write(ref invalid, invalid + 1);
        else if (outcome.Kind != OutcomeKind.None) Volatile.Write(ref failed, failed + 1);
    }

    public void Late() => Volatile.Write(ref late, late + 1);
}
