namespace Handlers.Tool;

/// <summary>One lane that is tailed, and what was read of it and not shown yet.</summary>
/// <param name="extent">The lane as it was at the beginning.</param>
/// <param name="reader">Reads it.</param>
/// <param name="isEndless">Whether what comes later is shown too.</param>
/// <param name="began">When the tail began: where a lane does not tell its end, what is younger came later.</param>
/// <param name="time">Time.</param>
internal sealed class TailLane(LaneExtent extent, ILaneReader reader, bool isEndless, DateTimeOffset began, TimeProvider time) : IAsyncDisposable
{
    private const int BatchSize = 100;

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100); // a broker is asked for more no sooner, however busy other lanes are

    private readonly MessageBatch batch = new(BatchSize, 1024 * 1024);
    private readonly Queue<Message> waiting = [];
    private long readAt;

    public string Partition => extent.Partition;

    public Message? Head => waiting.TryPeek(out var head) ? head : null;

    public int Waiting => waiting.Count;

    /// <summary>Whether it was read to its end, at the last look.</summary>
    public bool IsAtEnd { get; private set; } = !isEndless && extent.Messages == 0;

    /// <summary>Whether nothing will come.</summary>
    public bool IsOver { get; private set; } = !isEndless && extent.Messages == 0;

    /// <summary>Reads on until there is something to show, or the end.</summary>
    public async ValueTask FillAsync(CancellationToken stop)
    {
        if (waiting.Count > 0 || IsOver || (IsAtEnd && time.GetElapsedTime(readAt) < Rest)) return;
        do await ReadAsync(stop);
        while (!IsAtEnd && waiting.Count == 0);
    }

    /// <summary>Reads what is there, and keeps the last so many.</summary>
    public async ValueTask KeepLastAsync(int most, CancellationToken stop)
    {
        Position? last = null;
        while (!IsAtEnd && !(last >= extent.Last))
        {
            if (await ReadAsync(stop) is { } read) last = read;
            while (waiting.Count > most) waiting.Dequeue();
        }
    }

    public Message Take() => waiting.Dequeue();

    public ValueTask DisposeAsync() => reader.DisposeAsync();

    /// <summary>The last position that was read.</summary>
    private async ValueTask<Position?> ReadAsync(CancellationToken stop)
    {
        var read = await reader.ReadAsync(batch, stop);
        readAt = time.GetTimestamp();
        IsAtEnd = read != LaneRead.Messages;
        IsOver = read == LaneRead.Ended || (IsAtEnd && !isEndless);
        Position? last = batch.Count > 0 ? batch[batch.Count - 1].Position : null;
        for (var i = 0; i < batch.Count; i++)
        {
            if (isEndless || !IsLater(in batch[i])) waiting.Enqueue(batch[i].Keep());
            // Somebody may publish as fast as it is read: what comes later ends it.
            if (!isEndless && (IsLater(in batch[i]) || batch[i].Position == extent.Last)) IsAtEnd = IsOver = true;
        }

        batch.Clear();
        return last;
    }

    private bool IsLater(in Message message) => extent.Last is { } last ? message.Position > last : message.TimestampMilliseconds > began.ToUnixTimeMilliseconds();
}
