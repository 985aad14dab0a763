namespace Handlers.Tool.Tests;

/// <summary>What a tail does with topics that no broker of a test has: with holes, busy, or with partitions that come and go.</summary>
public sealed class TailTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_last_ten_are_messages_and_not_positions()
    {
        var lane = new Lane("0") { End = 1000 };
        foreach (var position in (long[])[.. Enumerable.Range(0, 400), 450, 500, 990]) lane.Add(position);
        Assert.Equal([.. Enumerable.Range(393, 7).Select(p => (long)p), 450, 500, 990], await TailAsync(lane));
        Assert.Equal([1, 2], await TailAsync(new Lane("0") { End = 50 }.Add(1).Add(2)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_follow_it_ends_where_the_topic_ended_when_it_began()
    {
        var lane = new Lane("0");
        for (var i = 0; i < 5; i++) lane.Add(i);
        lane.OnRead = () => lane.Add(lane.Messages[^1].Position.Number + 1); // somebody publishes as fast as it is read
        Assert.Equal([0, 1, 2, 3, 4], await TailAsync(StartPosition.Earliest, lane));
        Assert.Equal([0, 1, 2, 3, 4], await TailAsync(StartPosition.Earliest, new Lane("0") { TellsEnd = false, Messages = { Lane.Of(0), Lane.Of(1), Lane.Of(2), Lane.Of(3), Lane.Of(4) } }));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_busy_partition_does_not_hide_another_one()
    {
        var (busy, quiet) = (new Lane("0").Add(0), new Lane("1"));
        busy.OnRead = () =>
        {
            busy.Add(busy.Messages[^1].Position.Number + 1);
            if (busy.Messages.Count == 20) quiet.Add(0);
        };
        await FollowAsync((partition, _) => partition != "1", busy, quiet);
    }

    [Fact(Timeout = 60_000)]
    public async Task Partitions_that_come_while_it_follows_are_followed_from_their_beginning()
    {
        var (old, child) = (new Lane("0") { IsClosed = true }.Add(0), new Lane("1").Add(7));
        var lanes = new List<Lane> { old };
        old.OnRead = () =>
        {
            if (lanes.Count == 1) lanes.Add(child);
        };
        var seen = new List<long>();
        await new TopicTail(new Reader(lanes), TimeProvider.System).RunAsync("t", [], StartPosition.Earliest, follows: true, (partition, message) =>
        {
            seen.Add(message.Position.Number);
            return partition != "1";
        }, TestContext.Current.CancellationToken);
        Assert.Equal([0, 7], seen);
        Assert.Equal(2, lanes.Sum(l => l.Disposed));
    }

    private static Task<List<long>> TailAsync(params Lane[] lanes) => TailAsync(null, lanes);

    private static async Task<List<long>> TailAsync(StartPosition? from, params Lane[] lanes)
    {
        var seen = new List<long>();
        await new TopicTail(new Reader([.. lanes]), TimeProvider.System).RunAsync("t", [], from, follows: false, (_, message) =>
        {
            seen.Add(message.Position.Number);
            return true;
        }, TestContext.Current.CancellationToken);
        Assert.All(lanes, l => Assert.Equal(l.Opened, l.Disposed));
        return seen;
    }

    private static Task FollowAsync(Func<string, Message, bool> show, params Lane[] lanes) =>
        new TopicTail(new Reader([.. lanes]), TimeProvider.System).RunAsync("t", [], StartPosition.Earliest, follows: true, show, TestContext.Current.CancellationToken);

    private sealed class Lane(string partition)
    {
        public string Partition => partition;

        public List<Message> Messages { get; } = [];

        public long? End { get; init; } // the position behind the last, where that holds no message

        public bool TellsEnd { get; init; } = true;

        public bool IsClosed { get; init; }

        public Action OnRead { get; set; } = () => { };

        public int Opened { get; set; }

        public int Disposed { get; set; }

        public LaneExtent Extent => !TellsEnd ? new("t", partition, null, null, null, IsClosed)
            : Messages.Count == 0 ? new("t", partition, null, null, 0, IsClosed)
            : new("t", partition, Messages[0].Position, new Position(End - 1 ?? Messages[^1].Position.Number), (End ?? Messages[^1].Position.Number + 1) - Messages[0].Position.Number, IsClosed);

        public static Message Of(long position) => new() { Position = new Position(position), Body = Bytes.Of([1]), TimestampMilliseconds = position };

        public Lane Add(long position)
        {
            Messages.Add(Of(position));
            return this;
        }
    }

    private sealed class Reader(List<Lane> lanes) : ITopicReader
    {
        public ValueTask<IReadOnlyList<string>> TopicsAsync(CancellationToken stop) => new(["t"]);

        public ValueTask<IReadOnlyList<LaneExtent>> LanesAsync(string topic, CancellationToken stop) => new([.. lanes.Select(l => l.Extent)]);

        public ValueTask<ILaneReader> OpenAsync(string topic, string partition, StartPosition from, CancellationToken stop)
        {
            var lane = lanes.Single(l => l.Partition == partition);
            lane.Opened++;
            return new(new LaneReader(lane, from.After?.Number ?? -1));
        }

        public ValueTask<IReadOnlyList<GroupPosition>> PositionsAsync(string group, IReadOnlyList<string> topics, CancellationToken stop) => throw new NotSupportedException();
    }

    private sealed class LaneReader(Lane lane, long behind) : ILaneReader
    {
        private long at = behind;

        public ValueTask<LaneRead> ReadAsync(MessageBatch into, CancellationToken stop)
        {
            lane.OnRead();
            foreach (var message in lane.Messages.Where(m => m.Position.Number > at).Take(Math.Min(into.MaxCount, 3)).ToList())
            {
                into.Add(in message);
                at = message.Position.Number;
            }

            return new(into.Count > 0 ? LaneRead.Messages : lane.IsClosed ? LaneRead.Ended : LaneRead.AtEnd);
        }

        public ValueTask DisposeAsync()
        {
            lane.Disposed++;
            return default;
        }
    }
}
