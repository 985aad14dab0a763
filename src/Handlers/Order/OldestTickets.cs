namespace Handlers;

/// <summary>The oldest of some tickets, in their order: what is under way may be very much, and people look at the oldest. Its owner's alone.</summary>
internal sealed class OldestTickets(int most)
{
    private readonly long[] tickets = new long[most];
    private int count;

    public ReadOnlySpan<long> All => tickets.AsSpan(0, count);

    public void Clear() => count = 0;

    public void Add(long ticket)
    {
        if (count == most && ticket >= tickets[^1]) return;
        var at = All.BinarySearch(ticket);
        if (at >= 0) return; // waits for its letter, and is in the order still
        at = ~at;
        if (count < most) count++;
        tickets.AsSpan(at, count - at - 1).CopyTo(tickets.AsSpan(at + 1));
        tickets[at] = ticket;
    }
}
