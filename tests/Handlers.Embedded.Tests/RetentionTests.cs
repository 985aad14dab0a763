namespace Handlers.Embedded.Tests;

public sealed class RetentionTests : EmbeddedTest
{
    private static void Often(EmbeddedOptions options) => options.RetentionInterval = TimeSpan.FromMilliseconds(10);

    private EmbeddedPartition Partition()
    {
        using var log = Log();
        return log.Partitions().Single(p => p.Topic == "topic");
    }

    [Fact(Timeout = Limit)]
    public async Task The_oldest_go_when_a_topic_has_too_many_bytes()
    {
        var publisher = Transport();
        await PublishAsync(publisher, 0, 50, size: 99);
        Assert.Equal((1, 51, 50 * 100), (Partition().First, Partition().Next, Partition().Bytes));
        await LaneAsync(Transport(o =>
        {
            Often(o);
            o.Topics["topic"] = new EmbeddedTopicOptions { RetentionBytes = 1000 };
        }));
        await Eventually(() => Partition().Count == 10);
        Assert.Equal((41, 51, 1000), (Partition().First, Partition().Next, Partition().Bytes));
    }

    [Fact(Timeout = Limit)]
    public async Task What_came_in_too_long_ago_goes_whatever_its_own_timestamp_says()
    {
        var time = new TestTime { Wall = TimeSpan.FromDays(-2) };
        var publisher = Transport(time: time);
        await PublishAsync(publisher, 0, 50);
        time.Wall = default;
        // Old by its own account, but it came in now.
        await publisher.Publisher.PublishAsync(new OutgoingMessage { Topic = "topic", Body = "new"u8.ToArray(), Timestamp = DateTimeOffset.UnixEpoch });
        var (_, lane) = await LaneAsync(
            Transport(o =>
            {
                Often(o);
                o.RetentionAge = TimeSpan.FromDays(1);
            }), start: StartPosition.Latest);
        await Eventually(() => Partition().Count == 1);
        await lane.SeekAsync(StartPosition.Earliest, CancellationToken.None);
        Assert.Equal("new", (await ReadAsync(lane, 1))[0].Text);
    }

    [Fact(Timeout = Limit)]
    public async Task Messages_that_a_group_had_not_handled_are_missed_loudly()
    {
        var publisher = Transport();
        await PublishAsync(publisher, 0, 20, size: 100);
        var (subscription, lane) = await LaneAsync(publisher);
        lane.Store((await ReadAsync(lane, 2))[1].Position);
        await subscription.FlushAsync(CancellationToken.None);
        await KeepAsync(publisher, 10 * 101);
        var error = await Assert.ThrowsAsync<TransportException>(() => ReadAsync(lane, 1));
        foreach (var part in (string[])["group", "topic/0", "position 3", "earliest left is 11", "8 messages"])
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        await subscription.DisposeAsync();

        var (_, again) = await LaneAsync(Transport(o => o.OnLostPosition = LostPosition.Earliest));
        Assert.Equal(11, (await ReadAsync(again, 1))[0].Position.Number);
    }

    [Fact(Timeout = Limit)]
    public async Task A_process_that_only_publishes_looks_after_it_too()
    {
        var publisher = Transport(o =>
        {
            Often(o);
            o.RetentionBytes = 1000;
        });
        await PublishAsync(publisher, 0, 50, size: 99);
        await Eventually(() => Partition().Count == 10);
    }

    [Fact(Timeout = Limit)]
    public async Task Everything_may_go_and_the_next_message_has_the_next_position()
    {
        var publisher = Transport();
        await PublishAsync(publisher, 0, 5);
        await KeepAsync(publisher, 0);
        Assert.Equal((6, 6, 0), (Partition().First, Partition().Next, Partition().Bytes));
        await PublishAsync(publisher, 5, 1);
        Assert.Equal(6, (await ReadAsync((await LaneAsync(publisher)).Lane, 1))[0].Position.Number);
    }

    private static async Task KeepAsync(EmbeddedTransport transport, long bytes) =>
        await transport.Writer.WriteAsync(new Retain(1, null, bytes), CancellationToken.None);
}
