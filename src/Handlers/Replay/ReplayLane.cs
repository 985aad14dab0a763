namespace Handlers;

/// <summary>A lane of a window. It ends where the window does, is never asked back and never lost.</summary>
internal sealed class ReplayLane : ITransactionalLane
{
    private readonly ReplayWindow window;
    private readonly ILaneReader reader;
    private readonly DateTimeOffset began;
    private readonly Position? last; // where it ends; null: the broker does not tell, and the time of the beginning stands for it
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private readonly List<OutgoingMessage> outputs = []; // guarded by gate, as all below
    private Position? stored;
    private Position? lastRead;
    private bool isReleased;
    private MessageBatch? fetched; // of reads
    private bool ended;            // the same

    public ReplayLane(LaneExtent extent, ReplayWindow window, ILaneReader reader, DateTimeOffset began, long epoch)
    {
        this.window = window;
        this.reader = reader;
        this.began = began;
        last = window.To is { } to && (extent.Last is not { } end || to < end) ? to : extent.Last;
        Id = new LaneId(extent.Topic, extent.Partition, epoch);
    }

    /// <summary>All of it is handled.</summary>
    public event Action? Finished;

    public LaneId Id { get; }

    public LaneState State
    {
        get
        {
            lock (gate) return new LaneState(lastRead, ended ? 0 : last is { Sequence: null } end && lastRead is { } at ? Math.Max(0, end.Number - at.Number) : null, null);
        }
    }

    public Task<Revocation> Revoked { get; } = new TaskCompletionSource<Revocation>().Task;

    public CancellationToken Lost => CancellationToken.None;

    /// <summary>Completes when it was given back.</summary>
    public Task Released => released.Task;

    public Position? Stored
    {
        get
        {
            lock (gate) return stored;
        }
    }

    /// <summary>What goes with <see cref="Stored"/>.</summary>
    public IReadOnlyList<OutgoingMessage> Outputs
    {
        get
        {
            lock (gate) return [.. outputs];
        }
    }

    public async ValueTask<bool> ReadAsync(MessageBatch into, CancellationToken stop)
    {
        while (!ended)
        {
            stop.ThrowIfCancellationRequested();
            var from = fetched is { Count: 0 } again && again.MaxCount == into.MaxCount ? again : fetched = new MessageBatch(into.MaxCount, into.MaxBytes);
            var isAtEnd = await reader.ReadAsync(from, stop) != LaneRead.Messages;
            Take(from, into);
            if (isAtEnd) End();
            if (into.Count == 0)
            {
                from.Clear();
                continue;
            }

            into.OnCleared(from.Clear); // the bytes are its own
            return true;
        }

        return false;
    }

    public void Store(Position handled)
    {
        lock (gate)
            if (!isReleased && (stored is not { } before || handled > before)) stored = handled;
    }

    public void Store(Position handled, IReadOnlyList<OutgoingMessage> outputs)
    {
        lock (gate)
        {
            Store(handled);
            if (!isReleased) this.outputs.AddRange(outputs);
        }
    }

    /// <summary>So many outputs are where they belong.</summary>
    public void Published(int count)
    {
        lock (gate) outputs.RemoveRange(0, count);
    }

    public ValueTask SeekAsync(StartPosition to, CancellationToken stop) =>
        throw new TransportException($"Lane {Id} is replayed: it has a beginning and an end, and goes nowhere else.") { IsRefused = true, Kind = TransportErrorKind.Positions };

    public async ValueTask ReleaseAsync(LaneEnd end)
    {
        lock (gate)
        {
            if (isReleased) return;
            isReleased = true;
        }

        if (end == LaneEnd.Finished) Finished?.Invoke();
        released.TrySetResult();
        await reader.DisposeAsync();
    }

    private void Take(MessageBatch from, MessageBatch into)
    {
        for (var i = 0; i < from.Count; i++)
        {
            ref readonly var message = ref from[i];
            if (last is { } end ? message.Position > end : message.TimestampMilliseconds > began.ToUnixTimeMilliseconds())
            {
                End();
                return;
            }

            lock (gate) lastRead = message.Position;
            if (window.Takes(in message)) into.Add(in message);
            if (message.Position == last) End();
        }
    }

    private void End()
    {
        lock (gate) ended = true;
    }
}
