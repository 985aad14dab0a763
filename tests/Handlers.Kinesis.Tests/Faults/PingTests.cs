using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kinesis.Tests;

/// <summary>Whether the services answer, for health.</summary>
public sealed class PingTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_ping_asks_the_stream_and_the_lease_table_and_no_more_for_some_seconds_after_both_answered()
    {
        await using var world = await KinesisWorld.BeginAsync();
        await using var transport = new KinesisTransport(world.Options(disk: false, TimeSpan.FromSeconds(15)), TimeProvider.System, NullLogger.Instance);
        await using var subscription = await transport.SubscribeAsync(
            new SubscriptionRequest { Group = "group", Topics = [new(world.Stream, StartPosition.Earliest, MessageParts.None)], RevokeBudget = TimeSpan.FromSeconds(5) }, Stop);
        world.Kinesis.Down = true;
        await FailsAsync();
        (world.Kinesis.Down, world.Tables.Down) = (false, true);
        await FailsAsync();
        world.Tables.Down = false;
        await subscription.PingAsync(Stop);
        var asked = (world.Kinesis.Calls("ListShards"), world.Tables.Calls("GetItem"));
        Assert.True(asked is { Item1: > 0, Item2: > 0 });
        await subscription.PingAsync(Stop);
        Assert.Equal(asked, (world.Kinesis.Calls("ListShards"), world.Tables.Calls("GetItem")));

        // Calls are tried again for as long as the caller has time.
        async Task FailsAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await Assert.ThrowsAnyAsync<Exception>(() => subscription.PingAsync(limit.Token).AsTask());
        }
    }
}
