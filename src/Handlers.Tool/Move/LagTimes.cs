namespace Handlers.Tool;

/// <summary>How long groups are behind, where the broker tells only by how many messages: the first message behind a position says it.</summary>
internal static class LagTimes
{
    /// <summary>Of many lanes: those that are not looked at within it go without.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<IReadOnlyList<GroupPosition>> AddAsync(ITopicReader reader, IReadOnlyList<GroupPosition> positions, TimeProvider time, CancellationToken stop)
    {
        var (began, all) = (time.GetTimestamp(), new List<GroupPosition>());
        foreach (var position in positions)
        {
            var isWanted = position is { LagMessages: > 0, LagTime: null } && time.GetElapsedTime(began) < Patience;
            all.Add(isWanted ? position with { LagTime = await OfAsync(reader, position, time, stop) } : position);
        }

        return all;
    }

    private static async Task<TimeSpan?> OfAsync(ITopicReader reader, GroupPosition position, TimeProvider time, CancellationToken stop)
    {
        await using var lane = await reader.OpenAsync(position.Topic, position.Partition, position.Handled is { } handled ? StartPosition.Behind(handled) : StartPosition.Earliest, stop);
        var batch = new MessageBatch(1, 1);
        var read = await lane.ReadAsync(batch, stop);
        if (batch.Count == 0) return read == LaneRead.Messages ? null : TimeSpan.Zero;
        var age = time.GetUtcNow() - MessageTime.Of(batch[0].TimestampMilliseconds);
        return age > TimeSpan.Zero ? age : TimeSpan.Zero;
    }
}
