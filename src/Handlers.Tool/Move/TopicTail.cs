namespace Handlers.Tool;

/// <summary>Reads lanes of a topic side by side, merged by time; each lane keeps its order.</summary>
internal sealed class TopicTail(ITopicReader reader, TimeProvider time)
{
    private const int Last = 10; // of each lane, where nothing says where to begin
    private const int FurtherBack = 8; // times as far, where positions hold no messages

    private static readonly TimeSpan Lately = TimeSpan.FromHours(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10); // for partitions that are new

    private readonly List<TailLane> lanes = [];

    /// <param name="topic">The topic.</param>
    /// <param name="partitions">None: all, with those that come while it follows.</param>
    /// <param name="from">Null: the last ten of each lane; where a broker does not tell where a lane ends, of the last hour.</param>
    /// <param name="follows">Goes on at the end.</param>
    /// <param name="show">Gets each message; false ends it.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(string topic, IReadOnlyList<string> partitions, StartPosition? from, bool follows, Func<string, Message, bool> show, CancellationToken stop)
    {
        var began = time.GetUtcNow();
        var all = await reader.LanesAsync(topic, stop);
        if (partitions.FirstOrDefault(p => all.All(l => l.Partition != p)) is { } unknown)
            throw new ToolException($"Topic '{topic}' has no partition '{unknown}'.{Closest.Hint(unknown, all.Select(static l => l.Partition))}");
        var known = all.Select(static l => l.Partition).ToHashSet(StringComparer.Ordinal);
        try
        {
            foreach (var lane in all.Where(l => partitions.Count == 0 || partitions.Contains(l.Partition))) lanes.Add(await OpenAsync(lane, from, follows, began, stop));
            for (var looked = time.GetTimestamp(); ;)
            {
                foreach (var lane in lanes) await lane.FillAsync(stop);
                if (!ShowAll(show)) return;
                var over = lanes.FindAll(static l => l is { IsOver: true, Waiting: 0 });
                foreach (var lane in over)
                {
                    lanes.Remove(lane);
                    await lane.DisposeAsync();
                }

                if (!follows || partitions.Count > 0)
                {
                    if (lanes.Count == 0) return;
                }
                else if (over.Count > 0 || time.GetElapsedTime(looked) >= LookAgain)
                {
                    looked = time.GetTimestamp();
                    foreach (var lane in (await reader.LanesAsync(topic, stop)).Where(l => known.Add(l.Partition))) lanes.Add(await OpenAsync(lane, StartPosition.Earliest, follows, began, stop));
                }

                if (lanes.TrueForAll(static l => l is { IsAtEnd: true, Waiting: 0 })) await Task.Delay(Pause, time, stop);
            }
        }
        finally
        {
            foreach (var lane in lanes) await lane.DisposeAsync();
        }
    }

    /// <summary>Shows what was read until one of the lanes has no more of it, though it may have more behind: then it is read on, and no lane waits for a busy one.</summary>
    private bool ShowAll(Func<string, Message, bool> show)
    {
        while (lanes.Where(static l => l.Head is not null).MinBy(static l => l.Head!.Value.TimestampMilliseconds) is { } next)
        {
            if (!show(next.Partition, next.Take())) return false;
            if (next is { Waiting: 0, IsOver: false }) return true;
        }

        return true;
    }

    private async Task<TailLane> OpenAsync(LaneExtent extent, StartPosition? from, bool follows, DateTimeOffset began, CancellationToken stop)
    {
        if (from is { } there || extent.Messages == 0) return await OpenAsync(from ?? StartPosition.Earliest);
        if (extent is not { Last: { Sequence: null } last, First: { Sequence: null } first })
        {
            var lately = await OpenAsync(StartPosition.At(began - Lately));
            await lately.KeepLastAsync(Last, stop);
            return lately;
        }

        for (long back = Last; ; back *= FurtherBack)
        {
            var begin = Math.Max(first.Number, last.Number - back + 1);
            var lane = await OpenAsync(StartPosition.Including(new Position(begin)));
            await lane.KeepLastAsync(Last, stop);
            if (lane.Waiting >= Last || begin == first.Number) return lane;
            await lane.DisposeAsync();
        }

        async Task<TailLane> OpenAsync(StartPosition at) => new(extent, await reader.OpenAsync(extent.Topic, extent.Partition, at, stop), follows, began, time);
    }
}
