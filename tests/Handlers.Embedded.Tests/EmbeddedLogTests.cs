namespace Handlers.Embedded.Tests;

public sealed class EmbeddedLogTests : EmbeddedTest
{
    [Fact]
    public void A_topic_is_made_once_and_keeps_its_partitions()
    {
        using var log = Log();
        Assert.True(log.CreateTopic("orders", 3));
        Assert.False(log.CreateTopic("orders", 5));
        Assert.Equal([0, 1, 2], log.Partitions().Select(p => p.Partition));
        Assert.Throws<TransportException>(() => log.CreateTopic(" ", 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => log.CreateTopic("none", 0));
    }

    [Fact(Timeout = Limit)]
    public async Task It_tells_counts_positions_lag_and_owners()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 10);
        var (subscription, lane) = await LaneAsync(transport);
        lane.Store((await ReadAsync(lane, 4))[3].Position);
        await subscription.FlushAsync(CancellationToken.None);
        using var log = Log();
        Assert.Equal(10, log.Partitions().Single().Count);
        var position = log.Positions("group").Single();
        Assert.Equal(("topic", 0, 4L, 6L), (position.Topic, position.Partition, position.Handled.Number, position.Lag));
        Assert.Contains($":{Environment.ProcessId}:", position.Owner, StringComparison.Ordinal);
        Assert.Empty(log.Positions("other"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_position_that_is_moved_fences_who_reads_and_the_lane_comes_again_there()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 10);
        var (subscription, lane) = await LaneAsync(transport);
        var read = await ReadAsync(lane, 10);
        using (var log = Log()) log.MovePosition("group", "topic", StartPosition.Behind(new Position(2)));
        lane.Store(read[9].Position);
        await subscription.FlushAsync(CancellationToken.None);
        Assert.True(lane.Lost.IsCancellationRequested);
        Assert.Equal(2, Committed()!.Value.Number);
        await subscription.DisposeAsync();
        Assert.Equal("2", (await ReadAsync((await LaneAsync(transport)).Lane, 1))[0].Text);
    }

    [Fact(Timeout = Limit)]
    public async Task A_position_that_is_deleted_begins_anew_in_a_later_epoch()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 3);
        var (subscription, lane) = await LaneAsync(transport);
        lane.Store((await ReadAsync(lane, 3))[2].Position);
        await subscription.FlushAsync(CancellationToken.None);
        await subscription.DisposeAsync();
        using var log = Log();
        Assert.True(log.DeletePosition("group", "topic"));
        Assert.False(log.DeletePosition("group", "topic"));
        Assert.Empty(log.Positions("group"));
        var (_, again) = await LaneAsync(transport);
        Assert.True(again.Id.Epoch > lane.Id.Epoch);
        Assert.Equal("0", (await ReadAsync(again, 1))[0].Text);
    }

    [Fact]
    public void A_topic_that_is_missing_is_named_with_the_closest_there_is()
    {
        using var log = Log();
        Assert.Contains("There is none", Assert.Throws<TransportException>(() => log.DeletePosition("g", "ordes")).Message, StringComparison.Ordinal);
        log.CreateTopic("orders", 1);
        log.CreateTopic("payments", 1);
        Assert.Contains("'orders'", Assert.Throws<TransportException>(() => log.MovePosition("g", "ordes", StartPosition.Earliest)).Message, StringComparison.Ordinal);
        Assert.Throws<TransportException>(() => log.MovePosition("g", "orders", StartPosition.Behind(new Position(7))));
    }
}
