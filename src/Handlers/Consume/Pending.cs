namespace Handlers;

/// <summary>The tickets of what is under way beside the order of a lane, so that its end can wait for it.</summary>
internal sealed class Pending
{
    private readonly Lock gate = new();
    private readonly HashSet<long> tickets = []; // guarded by gate
    private TaskCompletionSource? none; // guarded by gate

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (gate) return tickets.Count;
        }
    }

    /// <summary>One more, until it is disposed of.</summary>
    public Held Add(long ticket)
    {
        lock (gate) tickets.Add(ticket);
        return new Held(this, ticket);
    }

    public void CopyTo(OldestTickets into)
    {
        lock (gate)
        {
            foreach (var ticket in tickets) into.Add(ticket);
        }
    }

    /// <summary>Completes when there is none. Nothing is added any more when this is called.</summary>
    public Task WhenNoneAsync()
    {
        lock (gate) return tickets.Count == 0 ? Task.CompletedTask : (none ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    private void Remove(long ticket)
    {
        TaskCompletionSource? waiting = null;
        lock (gate)
        {
            tickets.Remove(ticket);
            if (tickets.Count == 0) (waiting, none) = (none, null);
        }

        waiting?.TrySetResult();
    }

    public readonly struct Held(Pending pending, long ticket) : IDisposable
    {
        public void Dispose() => pending.Remove(ticket);
    }
}
