namespace Handlers;

/// <summary>One look at a topic of dead letters: lane after lane, as few messages of each as will do.</summary>
internal sealed class LetterLooker(ITopicReader reader, string topic, LetterLook look, TimeProvider time)
{
    private const int BatchSize = 100;
    private const long BatchBytes = 1024 * 1024;

    /// <summary>How far back the newest letters are looked for, where a lane does not tell where it ends. Null: from its beginning.</summary>
    private static readonly TimeSpan?[] LooksBack = [TimeSpan.FromHours(1), TimeSpan.FromDays(1), null];

    private readonly List<LaneLetters> lanes = [];

    public async Task<LettersSeen> RunAsync(CancellationToken stop)
    {
        var all = await reader.LanesAsync(topic, stop);
        if (look.Partition is { } only && all.All(l => l.Partition != only))
            throw new TransportException($"Topic '{topic}' has no partition '{only}'.{Closest.Hint(only, all.Select(static l => l.Partition))}") { Kind = TransportErrorKind.Topic };
        lanes.AddRange(all.Where(l => look.Partition is null || l.Partition == look.Partition).Select(static l => new LaneLetters(l)));
        using var over = new CancellationTokenSource(look.TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, over.Token);
        var isComplete = true;
        try
        {
            if (look.From is { } from) foreach (var lane in lanes) await ReadOnAsync(lane, from, either.Token);
            else await ReadNewestAsync(either.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            isComplete = false;
        }

        var seen = lanes.Sum(static l => l.Letters.Count);
        var merged = look.From is null ? Newest() : lanes.SelectMany(static l => l.Letters).OrderBy(static l => l.Time).ThenBy(static l => l.Partition, StringComparer.Ordinal).ThenBy(static l => l.Position).Take(look.Limit);
        return new LettersSeen(all, [.. merged], seen > look.Limit || lanes.Any(static l => l.HasMore) || !isComplete, isComplete);
    }

    /// <summary>From somewhere on: no more than may be of use.</summary>
    private async ValueTask ReadOnAsync(LaneLetters lane, StartPosition from, CancellationToken stop)
    {
        lane.HasMore = true;
        lane.HasMore = await ReadAsync(lane.Extent, from, letter =>
        {
            lane.Letters.Add(letter);
            return lane.Letters.Count <= look.Limit;
        }, stop);
    }

    /// <summary>
    /// A share of each lane's newest, and more of those lanes whose older ones may belong to the newest of all: few messages are read where there are many lanes.
    /// </summary>
    private async ValueTask ReadNewestAsync(CancellationToken stop)
    {
        foreach (var lane in lanes) lane.HasMore = lane.Extent.Messages != 0;
        var share = Math.Min(look.Limit, ((look.Limit + lanes.Count - 1) / Math.Max(1, lanes.Count)) + 1);
        foreach (var lane in lanes.Where(static l => l.HasMore))
        {
            if (lane.IsCountable) await ReadBackAsync(lane, share, stop);
            else await ReadLatelyAsync(lane, stop);
        }

        while (true)
        {
            share *= 4;
            var newest = Newest();
            var oldest = newest.Count < look.Limit ? DateTimeOffset.MinValue : newest[^1].Time;
            var wanted = lanes.Where(l => l.IsCountable && l.HasMore && l.Letters.Count < look.Limit && !(l.Letters.Count > 0 && l.Letters[0].Time < oldest)).ToList();
            if (wanted.Count == 0) return;
            foreach (var lane in wanted) await ReadBackAsync(lane, share, stop);
        }
    }

    /// <summary>Reads so many positions more, before those that are read.</summary>
    private async ValueTask ReadBackAsync(LaneLetters lane, int count, CancellationToken stop)
    {
        var first = lane.Extent.First!.Value.Number;
        var to = lane.ReadFrom is { } read ? read - 1 : lane.Extent.Last!.Value.Number;
        var from = Math.Max(first, to - count + 1);
        var found = new List<Letter>();
        await ReadAsync(lane.Extent, StartPosition.Including(new Position(from)), letter =>
        {
            if (letter.Position.Number <= to) found.Add(letter);
            return letter.Position.Number < to;
        }, stop);
        lane.Letters.InsertRange(0, found);
        lane.ReadFrom = from;
        lane.HasMore = from > first;
    }

    /// <summary>What came lately, to the end; from further back where that is too little.</summary>
    private async ValueTask ReadLatelyAsync(LaneLetters lane, CancellationToken stop)
    {
        foreach (var back in LooksBack)
        {
            lane.Letters.Clear();
            await ReadAsync(lane.Extent, back is { } some ? StartPosition.At(time.GetUtcNow() - some) : StartPosition.Earliest, letter =>
            {
                lane.Letters.Add(letter);
                if (lane.Letters.Count > look.Limit) lane.Letters.RemoveAt(0);
                return true;
            }, stop);
            lane.HasMore = back is not null;
            if (lane.Letters.Count >= look.Limit) return;
        }
    }

    /// <summary>Reads until there is no more, or it says that it wants no more. True: there may be more.</summary>
    private async ValueTask<bool> ReadAsync(LaneExtent lane, StartPosition from, Func<Letter, bool> take, CancellationToken stop)
    {
        await using var open = await reader.OpenAsync(topic, lane.Partition, from, stop);
        var batch = new MessageBatch(Math.Min(BatchSize, look.Limit + 1), BatchBytes);
        while (true)
        {
            stop.ThrowIfCancellationRequested(); // a lane that is always at hand would never look
            var read = await open.ReadAsync(batch, stop);
            try
            {
                for (var i = 0; i < batch.Count; i++)
                    if (!take(Letter.Of(topic, lane.Partition, in batch[i], look.BodyBytes))) return true;
            }
            finally
            {
                batch.Clear();
            }

            if (read != LaneRead.Messages) return false;
        }
    }

    private List<Letter> Newest() =>
        [.. lanes.SelectMany(static l => l.Letters).OrderByDescending(static l => l.Time).ThenBy(static l => l.Partition, StringComparer.Ordinal).ThenByDescending(static l => l.Position).Take(look.Limit)];

    /// <summary>What was read of a lane, in its order.</summary>
    private sealed class LaneLetters(LaneExtent extent)
    {
        public LaneExtent Extent { get; } = extent;

        /// <summary>Whether it tells where it ends, by numbers that can be counted back from.</summary>
        public bool IsCountable { get; } = extent is { First.Sequence: null, Last.Sequence: null, First: not null, Last: not null };

        public List<Letter> Letters { get; } = [];

        /// <summary>The first position that was read, of a lane that is read backwards.</summary>
        public long? ReadFrom { get; set; }

        /// <summary>Whether there may be letters beyond those that were read.</summary>
        public bool HasMore { get; set; }
    }
}
