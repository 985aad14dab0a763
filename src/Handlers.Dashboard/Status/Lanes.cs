using System.Globalization;

namespace Handlers.Dashboard;

/// <summary>What is said of the lanes of a handler together.</summary>
internal static class Lanes
{
    /// <summary>Messages that are not read yet; null where the broker tells of no lane.</summary>
    public static long? Lag(HandlerStatus handler) => handler.Lanes.Any(static l => l.State.LagMessages is not null) ? handler.Lanes.Sum(static l => l.State.LagMessages ?? 0) : null;

    /// <summary>The longest way that a lane is behind its end; null where the broker tells of no lane.</summary>
    public static TimeSpan? LagTime(HandlerStatus handler) => handler.Lanes.Max(static l => l.State.LagTime);

    /// <summary>What <see cref="HandlersControl"/> calls it; null for a lane of a retry topic, which is not steered alone.</summary>
    public static string? NameOf(HandlerStatus handler, LaneId lane) =>
        TopicPattern.IsPattern(handler.Topic) ? TopicPattern.Reads(handler.Topic, lane.Topic) ? lane.ToString() : null
        : lane.Topic == handler.Topic ? lane.Partition : null;

    /// <summary>Those that need somebody's eye, the worst first: what waits longest, then what is paused.</summary>
    public static IEnumerable<LaneStatus> Worst(HandlerStatus handler, int most) => handler.Lanes
        .Where(static l => Age(l) > TimeSpan.Zero || l.Paused != PauseReasons.None)
        .OrderByDescending(Age).ThenByDescending(static l => l.State.LagMessages ?? 0).Take(most);

    /// <summary>In the order that is asked for. Partitions that are numbers are ordered as numbers.</summary>
    public static IEnumerable<LaneStatus> Sorted(HandlerStatus handler, string? by) => by switch
    {
        "age" => handler.Lanes.OrderByDescending(Age).ThenByDescending(static l => l.State.LagMessages ?? 0),
        "lag" => handler.Lanes.OrderByDescending(static l => l.State.LagMessages ?? -1).ThenByDescending(static l => l.State.LagTime ?? TimeSpan.Zero),
        _ => handler.Lanes.OrderBy(static l => l.Id.Topic, StringComparer.Ordinal)
            .ThenBy(static l => long.TryParse(l.Id.Partition, CultureInfo.InvariantCulture, out var n) ? n : long.MaxValue).ThenBy(static l => l.Id.Partition, StringComparer.Ordinal),
    };

    public static TimeSpan Age(LaneStatus lane) => lane.OldestAge > lane.WatermarkAge ? lane.OldestAge : lane.WatermarkAge;
}
