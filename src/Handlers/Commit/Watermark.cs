namespace Handlers;

/// <summary>
/// The position up to which every message received in a lane has a final outcome. Only it may be committed.
/// </summary>
/// <remarks>
/// Invariants: positions are received in the lane's order and may have gaps; the watermark is contiguous in the order of
/// receipt, never "the highest seen"; it never moves backwards. One watermark belongs to one assignment: once closed, a late
/// completion moves nothing, which is what fences an old epoch. The lock guards every field; nothing of the user's runs
/// under it.
/// </remarks>
internal sealed class Watermark
{
    private readonly Lock gate = new();
    private Entry[] window = new Entry[64]; // a ring: first is the oldest message without a final outcome
    private int first;
    private int count;
    private long firstTicket;
    private Position? handled;
    private Position? received;
    private bool moved;
    private bool closed;
    private TaskCompletionSource? room; // the lane's loop waits for it: one at a time
    private int roomAt;

    /// <summary>Messages received and not yet below the watermark.</summary>
    public int Uncommitted
    {
        get
        {
            lock (gate) return count;
        }
    }

    /// <summary>The oldest message without a final outcome.</summary>
    public (long Ticket, Position Position)? Oldest
    {
        get
        {
            lock (gate) return count == 0 ? null : (firstTicket, window[first].Position);
        }
    }

    /// <summary>The last message received; null before the first.</summary>
    public Position? Received
    {
        get
        {
            lock (gate) return received;
        }
    }

    /// <summary>The watermark; null before the first message is final.</summary>
    public Position? Handled
    {
        get
        {
            lock (gate) return handled;
        }
    }

    /// <summary>Whether the assignment is over.</summary>
    public bool IsClosed
    {
        get
        {
            lock (gate) return closed;
        }
    }

    /// <summary>Takes messages in, in the lane's order. Returns the ticket of the first; the others follow it by one each.</summary>
    public long Receive(ReadOnlySpan<Message> messages)
    {
        lock (gate)
        {
            Grow(count + messages.Length);
            var ticket = firstTicket + count;
            foreach (ref readonly var message in messages)
                window[(first + count++) & (window.Length - 1)] = new Entry { Position = message.Position };
            if (messages.Length > 0) received = messages[^1].Position;
            return ticket;
        }
    }

    /// <summary>
    /// The message of this ticket has a final outcome. False: the assignment is over, and the outcome is late and counts for nothing.
    /// </summary>
    public bool Complete(long ticket)
    {
        TaskCompletionSource? made = null;
        lock (gate)
        {
            if (closed) return false;
            window[(first + (int)(ticket - firstTicket)) & (window.Length - 1)].Done = true;
            while (count > 0 && window[first].Done)
            {
                handled = window[first].Position;
                moved = true;
                first = (first + 1) & (window.Length - 1);
                firstTicket++;
                count--;
            }

            if (room is not null && count <= roomAt) (made, room) = (room, null);
        }

        made?.TrySetResult();
        return true;
    }

    /// <summary>Which of the lane's handlers takes the message of this ticket, for those who look at what is under way.</summary>
    public void Takes(long ticket, int handler)
    {
        lock (gate)
        {
            if (IsOpen(ticket)) window[IndexOf(ticket)].Handler = (byte)(handler < byte.MaxValue ? handler + 1 : 0);
        }
    }

    /// <summary>A message without a final outcome: where it is, and which handler takes it (null: it was not said). False: there is none of this ticket.</summary>
    public bool TryFind(long ticket, out Position position, out int? handler)
    {
        lock (gate)
        {
            var entry = IsOpen(ticket) ? window[IndexOf(ticket)] : default;
            position = entry.Position;
            handler = entry.Handler == 0 ? null : entry.Handler - 1;
            return IsOpen(ticket);
        }
    }

    /// <summary>Completes when no more than so many messages are received and not below the watermark: the bound of the lane's memory.</summary>
    public Task WhenAtMost(int uncommitted)
    {
        lock (gate)
        {
            if (count <= uncommitted) return Task.CompletedTask;
            roomAt = uncommitted;
            return (room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>The watermark, if it moved since it was last taken, and the ticket of the first message behind it.</summary>
    public bool TryTake(out Position position, out long next)
    {
        lock (gate)
        {
            position = handled ?? default;
            next = firstTicket;
            var taken = moved;
            moved = false;
            return taken;
        }
    }

    /// <summary>The assignment is over: whatever completes from now on is late.</summary>
    public void Close()
    {
        lock (gate) closed = true;
    }

    private bool IsOpen(long ticket) => ticket >= firstTicket && ticket < firstTicket + count && !window[IndexOf(ticket)].Done;

    private int IndexOf(long ticket) => (first + (int)(ticket - firstTicket)) & (window.Length - 1);

    private void Grow(int needed)
    {
        if (needed <= window.Length) return;
        var larger = new Entry[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)needed)];
        for (var i = 0; i < count; i++) larger[i] = window[(first + i) & (window.Length - 1)];
        window = larger;
        first = 0;
    }

    private struct Entry
    {
        public Position Position;
        public bool Done;
        public byte Handler; // one more than its index; 0: not said
    }
}
