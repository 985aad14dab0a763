namespace Handlers;

/// <summary>
/// The tickets of what a lane's queue has given to workers. Slots are used again, so that nothing is allocated per message, and taking or giving back
/// one is a few instructions. The work queue's gate guards every field.
/// </summary>
internal sealed class RunningItems
{
    private const int None = -1;

    private Slot[] slots = new Slot[4];
    private int used;        // slots below it are in use or free; those above were never used
    private int free = None; // the first free one; each names the next

    /// <summary>Messages under way: of a list each counts.</summary>
    public int Messages { get; private set; }

    /// <summary>A message or a list begins. Returns its slot.</summary>
    public int Add(in LaneItem item)
    {
        var slot = free;
        if (slot == None)
        {
            if (used == slots.Length) Array.Resize(ref slots, used * 2);
            slot = used++;
        }
        else
        {
            free = slots[slot].NextFree;
        }

        slots[slot] = new Slot { Ticket = item.Work.Ticket, Batch = item.Batch, IsUsed = true };
        Messages += item.Batch?.Count ?? 1;
        return slot;
    }

    /// <summary>It has ended.</summary>
    public void Remove(in LaneItem item)
    {
        Messages -= item.Batch?.Count ?? 1;
        slots[item.Slot] = new Slot { NextFree = free };
        free = item.Slot;
    }

    public void CopyTo(OldestTickets into)
    {
        if (Messages == 0) return;
        for (var i = 0; i < used; i++)
        {
            if (!slots[i].IsUsed) continue;
            if (slots[i].Batch is not { } batch) into.Add(slots[i].Ticket);
            else
                foreach (var work in batch) into.Add(work.Ticket);
        }
    }

    private struct Slot
    {
        public long Ticket;
        public IReadOnlyList<Work>? Batch;
        public int NextFree;
        public bool IsUsed;
    }
}
