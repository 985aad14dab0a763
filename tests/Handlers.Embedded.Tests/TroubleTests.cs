using System.Globalization;

namespace Handlers.Embedded.Tests;

/// <summary>Rounds that fail for now: tried again in peace, told of without a flood, and not for ever.</summary>
public sealed class TroubleTests : EmbeddedTest
{
    private const int RenewalFailed = 2007;
    private const int JoinFailed = 2019;

    private readonly Logged log = new();

    private EmbeddedTransport Transport() => Transport(Short, log: log);

    private static void Short(EmbeddedOptions options)
    {
        options.LeaseTime = TimeSpan.FromMilliseconds(400);
        options.BusyTimeout = TimeSpan.FromMilliseconds(20);
    }

    private Database Tool() => Database.Open(File, create: false, TimeSpan.FromSeconds(5));

    [Fact(Timeout = Limit)]
    public async Task A_group_that_cannot_be_joined_on_a_full_disk_ends_with_an_error_after_three_leases()
    {
        await PublishAsync(Transport(), 0, 1);
        await (await LaneAsync(Transport())).Subscription.DisposeAsync();
        var pages = Fill();
        var full = Transport(o =>
        {
            Short(o);
            o.MostPages = pages;
        }, log: log);
        await using var lanes = (await SubscribeAsync(full)).LanesAsync(CancellationToken.None).GetAsyncEnumerator();
        var began = TimeProvider.System.GetTimestamp();
        var error = await Assert.ThrowsAsync<TransportException>(async () => await lanes.MoveNextAsync());
        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 1.1, 10);
        Assert.Contains("could not be joined", error.Message, StringComparison.Ordinal);
        Assert.Contains($"There is no space left for the log '{File}'. Free some", error.Message, StringComparison.Ordinal);
        Assert.InRange(log.Count(JoinFailed), 1, 4);
        Assert.Contains(File, log.Text(JoinFailed), StringComparison.Ordinal);
        Assert.Equal(0, log.Count(RenewalFailed));
    }

    [Fact(Timeout = Limit)]
    public async Task A_lock_that_ends_in_time_delays_joining()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 1);
        await using var lanes = (await SubscribeAsync(transport)).LanesAsync(CancellationToken.None).GetAsyncEnumerator();
        using var tool = Tool();
        tool.Execute("BEGIN IMMEDIATE");
        var next = lanes.MoveNextAsync().AsTask();
        await Task.Delay(600, TestContext.Current.CancellationToken);
        Assert.False(next.IsCompleted);
        tool.Execute("COMMIT");
        Assert.True(await next);
        Assert.InRange(log.Count(JoinFailed), 1, 3);
    }

    [Fact(Timeout = Limit)]
    public async Task A_lock_that_outlasts_the_lease_costs_the_lane_which_comes_again()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 2);
        await using var lanes = (await SubscribeAsync(transport)).LanesAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await lanes.MoveNextAsync());
        var lane = lanes.Current;
        using var tool = Tool();
        tool.Execute("BEGIN EXCLUSIVE");
        await Eventually(() => lane.Lost.IsCancellationRequested);
        tool.Execute("COMMIT");
        Assert.True(await lanes.MoveNextAsync());
        Assert.True(lanes.Current.Id.Epoch > lane.Id.Epoch);
        Assert.Equal(2, (await ReadAsync(lanes.Current, 2)).Count);
        Assert.InRange(log.Count(RenewalFailed), 1, 3);
        Assert.Equal(0, log.Count(JoinFailed));
    }

    [Fact(Timeout = Limit)]
    public async Task A_lock_that_does_not_end_ends_the_subscription()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 1);
        await using var lanes = (await SubscribeAsync(transport)).LanesAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await lanes.MoveNextAsync());
        using var tool = Tool();
        tool.Execute("BEGIN EXCLUSIVE");
        var error = await Assert.ThrowsAsync<TransportException>(async () => await lanes.MoveNextAsync());
        Assert.Contains("could not renew its lease", error.Message, StringComparison.Ordinal);
        Assert.Contains($"The log '{File}' was locked by another process", error.Message, StringComparison.Ordinal);
        Assert.InRange(log.Count(RenewalFailed), 1, 4);
    }

    /// <summary>Fills the pages of the members, up to a size that the file may not exceed: which it has.</summary>
    private long Fill()
    {
        using var tool = Tool();
        var pages = tool.Number("PRAGMA page_count")!.Value + 2;
        tool.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count={pages}"));
        foreach (var size in (int[])[1000, 100, 0])
        {
            for (var refused = 0; refused < 100;)
            {
                try
                {
                    tool.Execute(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO members VALUES('group' || char(1), hex(randomblob(4)), 1, 1, hex(zeroblob({size})))"));
                }
                catch (TransportException)
                {
                    refused++;
                }
            }
        }

        return pages;
    }
}
