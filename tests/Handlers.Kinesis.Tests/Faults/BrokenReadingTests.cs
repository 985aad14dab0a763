namespace Handlers.Kinesis.Tests;

/// <summary>Iterators that expire and connections that end while a host reads.</summary>
public sealed class BrokenReadingTests
{
    private const int Limit = 120_000;

    [Fact(Timeout = Limit)]
    public async Task Iterators_that_expire_during_a_run_are_renewed_and_nothing_is_missed_or_repeated()
    {
        await using var world = await KinesisWorld.BeginAsync(shards: 2);
        await world.PublishAsync(600);
        var application = await world.StartAsync(new()
        {
            Options = static o => o.FetchRecords = 25,
            Handle = (number, _) =>
            {
                if (number % 100 == 50) world.Kinesis.ExpireIterators();
                return Task.CompletedTask;
            },
        });
        await application.HandledAsync(600);
        var before = application.Log.Count(4105);
        Assert.True(before >= 4, application.Log.All);
        await KinesisWorld.UntilAsync(
            () =>
            {
                world.Kinesis.ExpireIterators(); // at the ends of the shards, too; what is under way just now brings one that is not expired
                return application.Log.Count(4105) >= before + 2;
            },
            () => application.Log.All);
        await world.PublishAsync(50);
        await application.HandledAsync(650);
        Assert.Equal(650, application.Handled.Count);
        foreach (var shard in application.Handled.GroupBy(static h => h.Shard)) Assert.Equal(shard.Select(static h => h.Number).Order(), shard.Select(static h => h.Number));
        await application.IsWellAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_iterator_that_expires_within_an_aggregate_loses_and_repeats_none_of_it_nor_does_a_stop_there(bool disk)
    {
        await using var world = await KinesisWorld.BeginAsync();
        await world.PublishAggregateAsync(40);
        await world.PublishAggregateAsync(40);
        var application = await world.StartAsync(new()
        {
            Disk = disk,
            Options = static o => o.FetchRecords = 1,          // an aggregate is one
            Runtime = static o => o.BatchSize = 7,             // and handed out in parts
            Handle = (number, _) =>
            {
                if (number is 17 or 44) world.Kinesis.ExpireIterators();
                return number == 60 ? throw new StopProcessingException("enough") : Task.CompletedTask;
            },
        });
        await application.StoppedAsync();
        await application.StopAsync();
        Assert.Equal(Enumerable.Range(0, 60), application.Numbers);
        Assert.True(application.Log.Count(4105) >= 1, application.Log.All);
        Assert.Empty(application.Failures);

        world.Kinesis.ExpireIterators();
        await world.PublishAsync(20);
        var next = await world.StartAsync(new() { Disk = disk, Runtime = static o => o.BatchSize = 7, Handle = (_, _) => Task.CompletedTask });
        await next.HandledAsync(40);
        Assert.Equal(Enumerable.Range(60, 40), next.Numbers);
        world.Kinesis.ExpireIterators();
        await world.PublishAggregateAsync(10);
        await next.HandledAsync(50);
        Assert.Equal(Enumerable.Range(60, 50), next.Numbers);
        await next.IsWellAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Connections_that_end_before_during_and_instead_of_answers_cost_no_message()
    {
        await using var world = await KinesisWorld.BeginAsync(shards: 2);
        await world.PublishAsync(400);
        foreach (var operation in (string[])["DescribeStreamSummary", "ListShards", "GetShardIterator", "GetRecords"])
        {
            world.Kinesis.CutAnswer(operation);
            world.Kinesis.DropAnswer(operation);
            world.Kinesis.Drop(operation);
        }

        var application = await world.StartAsync(new()
        {
            Options = static o => o.FetchRecords = 40,
            Handle = (number, _) =>
            {
                if (number % 50 == 25) world.Kinesis.CutAnswer("GetRecords", 2);
                return Task.CompletedTask;
            },
        });
        await application.HandledAsync(400);
        Assert.Equal(400, application.Handled.Count);
        foreach (var shard in application.Handled.GroupBy(static h => h.Shard)) Assert.Equal(shard.Select(static h => h.Number).Order(), shard.Select(static h => h.Number));
        Assert.True(application.Log.Count(4112) >= 12, application.Log.All);
        await application.IsWellAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task What_a_cut_answer_makes_a_publisher_send_again_comes_twice_and_no_message_is_missing()
    {
        await using var world = await KinesisWorld.BeginAsync();
        var application = await world.StartAsync();
        world.Kinesis.CutAnswer("PutRecords");
        world.Kinesis.DropAnswer("PutRecords");
        await application.Publisher.PublishAsync([.. Enumerable.Range(0, 10).Select(i => new OutgoingMessage { Topic = world.Stream, Key = OutgoingMessage.Utf8($"k{i}"), Body = OutgoingMessage.Utf8($"{i}") })], TestContext.Current.CancellationToken);
        await application.HandledAsync(10);
        // Each of the ten was stored three times at most: with the two answers that were lost, and the one that came.
        await KinesisWorld.UntilAsync(() => application.Handled.Count == 30, () => $"{application.Handled.Count} were handled");
        Assert.All(application.Numbers.GroupBy(static n => n), static n => Assert.Equal(3, n.Count()));
        await application.IsWellAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_service_that_is_away_for_longer_than_the_tries_ends_the_subscription_with_an_error_and_the_next_start_goes_on()
    {
        await using var world = await KinesisWorld.BeginAsync();
        await world.PublishAsync(100);
        var application = await world.StartAsync(new() { Options = static o => o.Retry = new KinesisRetry(Tries: 5, Delay: TimeSpan.FromMilliseconds(50)) });
        await application.HandledAsync(100);
        world.Kinesis.Down = true;
        await application.StoppedAsync();
        var failure = Assert.IsType<TransportException>(Assert.Single(application.Failures));
        Assert.True(failure.IsTransient, failure.Message);
        Assert.Contains(world.Stream, failure.Message, StringComparison.Ordinal);
        Assert.Equal(Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Unhealthy, (await application.HealthAsync()).Status);
        await application.StopAsync();
        world.Kinesis.Down = false;
        await world.PublishAsync(20);
        var next = await world.StartAsync();
        await next.HandledAsync(20);
        Assert.Equal(Enumerable.Range(100, 20), next.Numbers); // what the first had handled was committed at its end
        await next.IsWellAsync();
    }
}
