using Amazon.Kinesis;
using Amazon.Kinesis.Model;

namespace Handlers.Kinesis.Tests;

public sealed class KinesisCallsTests : KinesisUnitTest
{
    [Fact]
    public async Task A_call_is_made_again_after_pauses_that_grow_until_the_tries_are_over()
    {
        Options.Retry = new KinesisRetry(Tries: 4, Delay: Seconds(3), Backoff: 2);
        Service.Add("s");
        Service.Fail("ListShards", new HttpRequestException("away"), 4);
        var e = await Assert.ThrowsAsync<TransportException>(async () => await Streams.ShardsAsync("s", default));
        Assert.True(e.IsTransient);
        Assert.Contains("ListShards for stream 's' failed", e.Message, StringComparison.Ordinal);
        Assert.Equal([Seconds(3), Seconds(6), Seconds(12)], Clock.Waits);
        Assert.Equal(4, Service.Calls("ListShards"));
    }

    [Fact]
    public async Task The_defaults_are_five_tries_from_five_seconds()
    {
        Service.Add("s");
        Service.Fail("ListShards", new InternalFailureException("odd"), 4);
        Assert.Single(await Streams.ShardsAsync("s", default));
        Assert.Equal([Seconds(5), Seconds(10), Seconds(20), Seconds(40)], Clock.Waits);
    }

    [Fact]
    public async Task Pauses_have_a_longest_and_a_jitter_that_the_next_ones_grow_from()
    {
        Options.Retry = new KinesisRetry(Delay: Seconds(3), Backoff: 3, MaxDelay: Seconds(20), Jitter: Seconds(1)) { JitterLeast = Seconds(1) };
        Service.Add("s");
        Service.Fail("ListShards", new HttpRequestException("away"), 4);
        await Streams.ShardsAsync("s", default);
        Assert.Equal([Seconds(3), Seconds(10), Seconds(20), Seconds(20)], Clock.Waits);
    }

    [Fact]
    public async Task A_jitter_alone_makes_each_pause_longer_than_the_one_before_and_the_first_is_as_it_is_said()
    {
        Options.Retry = new KinesisRetry(Delay: Seconds(5), Backoff: 1, MaxDelay: Seconds(4), Jitter: Seconds(1)); // by chance: all of it, here
        Service.Add("s");
        Service.Fail("ListShards", new HttpRequestException("away"), 2);
        await Streams.ShardsAsync("s", default);
        Options.Retry = Options.Retry with { MaxDelay = null };
        Assert.Equal([Seconds(5), Seconds(4)], Clock.Waits);
        var tries = new CallTries(Options.Retry, Clock, static () => 0.5);
        Assert.Equal([5, 5.5, 6, 6.5], Enumerable.Range(0, 4).Select(_ => tries.MayRetry(KinesisErrorKind.Unavailable) ? tries.Pause.TotalSeconds : 0));
    }

    [Fact]
    public async Task What_is_refused_is_asked_once()
    {
        Service.Add("s");
        Service.Fail("ListShards", new InvalidArgumentException("odd"));
        var e = await Assert.ThrowsAsync<TransportException>(async () => await Streams.ShardsAsync("s", default));
        Assert.True(e.IsRefused);
        Assert.Equal(1, Service.Calls("ListShards"));
        Assert.Empty(Clock.Waits);
    }

    [Fact]
    public async Task Being_throttled_uses_up_no_tries_and_is_counted()
    {
        Options.Retry = new KinesisRetry(Tries: 2, Delay: Seconds(60));
        Service.Add("s");
        Service.Fail("ListShards", new ProvisionedThroughputExceededException("slow"), 8);
        Service.Fail("ListShards", new HttpRequestException("away"));
        Assert.Single(await Streams.ShardsAsync("s", default));
        Assert.Equal([Seconds(0.2), Seconds(0.4), Seconds(0.8), Seconds(1.6), Seconds(3.2), Seconds(5), Seconds(5), Seconds(5), Seconds(60)], Clock.Waits);
        Assert.Equal(8, Calls.Throttled);
    }

    [Fact]
    public async Task Being_throttled_is_waited_for_as_long_as_the_tries_would_take_and_by_a_reader_for_ever()
    {
        Options.Retry = new KinesisRetry(Tries: 2, Delay: Seconds(10));
        Service.Add("s");
        Service.Fail("ListShards", new LimitExceededException("slow"), 100);
        var e = await Assert.ThrowsAsync<TransportException>(async () => await Streams.ShardsAsync("s", default));
        Assert.True(e.IsTransient);
        Assert.InRange(Clock.Waits.Sum(static w => w.TotalSeconds), 5, 10);
        Service.Fail("GetRecords", new ProvisionedThroughputExceededException("slow"), 1000);
        var iterator = await Calls.IteratorAsync("s", Service.Shard.Id, ShardIteratorType.TRIM_HORIZON, null, null, default);
        await Calls.RecordsAsync("s", Service.Shard.Id, iterator, 10, default);
        Assert.Equal(1001, Service.Calls("GetRecords"));
    }

    [Fact]
    public async Task A_stop_ends_the_pauses_with_a_cancellation()
    {
        using var stop = new CancellationTokenSource();
        var clock = new Handlers.Testing.FakeClock();
        var calls = new KinesisCalls(Service, Options.Retry, clock, Log);
        Service.Add("s");
        Service.Fail("ListShards", new HttpRequestException("away"), 5);
        var listing = calls.ListShardsAsync("s", null, stop.Token).AsTask();
        Assert.False(listing.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listing);
        Assert.Equal(1, Service.Calls("ListShards"));
    }

    [Fact]
    public async Task Shards_are_listed_page_by_page()
    {
        Service.Page = 3;
        Service.Add("s", 8);
        Service.Streams["s"].Shards[0].IsClosed = true;
        Service.Streams["s"].Shards.Add(new FakeShard("merged", ["shardId-000000000000", "shardId-000000000001"]));
        var shards = await Streams.ShardsAsync("s", default);
        Assert.Equal(9, shards.Count);
        Assert.Equal(["shardId-000000000000", "shardId-000000000001"], shards[8].Parents);
        Assert.Equal(("0", "9"), shards[8].Keys);
        Assert.Equal([true, false], shards.Take(2).Select(static s => s.IsClosed));
        Assert.Equal(["s ", " s|3", " s|6"], Service.Requests<ListShardsRequest>().Select(static r => $"{r.StreamName} {r.NextToken}"));
    }

    [Fact]
    public async Task A_listing_that_took_too_long_begins_anew()
    {
        Service.Page = 3;
        Service.Add("s", 8);
        // The second page is too late.
        var calls = 0;
        var shards = await new KinesisStreams(new KinesisCalls(new Late(Service, () => ++calls == 2), Options.Retry, Clock, Log)).ShardsAsync("s", default);
        Assert.Equal(8, shards.Select(static s => s.Id).Distinct().Count());
        Assert.Equal(8, shards.Count);
        Assert.Equal(5, calls);
    }

    [Fact]
    public async Task A_stream_that_is_missing_is_named_with_the_closest_one()
    {
        Service.Page = 2;
        foreach (var name in new[] { "alerts", "books", "papers", "quakes" }) Service.Add(name);
        var e = await Assert.ThrowsAsync<TransportException>(async () => await Streams.EnsureAsync("papes", null, default));
        Assert.Contains("Stream 'papes' does not exist", e.Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'papers'?", e.Message, StringComparison.Ordinal);
        Service.Fail("ListStreams", new AccessDeniedException("no"));
        e = await Assert.ThrowsAsync<TransportException>(async () => await Streams.EnsureAsync("papes", null, default));
        Assert.DoesNotContain("Did you mean", e.Message, StringComparison.Ordinal);
        Assert.Contains("Stream 'papes' does not exist", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, Service.Calls("CreateStream"));
    }

    [Fact]
    public async Task A_missing_stream_is_made_where_that_was_asked_for_and_waited_for()
    {
        await Streams.EnsureAsync("new", 3, default);
        Assert.Equal(3, Service.Streams["new"].Shards.Count);
        Assert.Equal(1, Log.Count(4103));
        Assert.Equal([Seconds(1), Seconds(1)], Clock.Waits);
        // There now: nothing is made.
        await Streams.EnsureAsync("new", 3, default);
        Assert.Equal(1, Service.Calls("CreateStream"));
    }

    [Fact]
    public async Task Who_comes_second_to_make_a_stream_waits_for_it_too()
    {
        Service.Add("s");
        Service.Fail("DescribeStreamSummary", new ResourceNotFoundException("not yet"), 2);
        Service.Fail("CreateStream", new ResourceInUseException("being made"));
        await Streams.EnsureAsync("s", 1, default);
        Assert.Equal(0, Log.Count(4103));
        Assert.Equal(3, Service.Calls("DescribeStreamSummary"));
    }

    [Fact]
    public async Task A_stream_that_does_not_become_available_is_an_error_of_its_own()
    {
        var stream = Service.Add("s");
        for (var i = 0; i < 1000; i++) stream.Statuses.Enqueue(StreamStatus.CREATING);
        var e = await Assert.ThrowsAsync<TransportException>(async () => await Streams.EnsureAsync("s", null, default));
        Assert.Contains("is not available: it is CREATING for 120 s", e.Message, StringComparison.Ordinal);
        stream.Statuses.Clear();
        stream.Statuses.Enqueue(StreamStatus.DELETING);
        e = await Assert.ThrowsAsync<TransportException>(async () => await Streams.EnsureAsync("s", null, default));
        Assert.Contains("is being deleted", e.Message, StringComparison.Ordinal);
        stream.Statuses.Enqueue(StreamStatus.UPDATING);
        await Streams.EnsureAsync("s", null, default);
    }

    [Fact]
    public async Task A_time_is_sent_in_whole_seconds_rounded_down()
    {
        Service.Add("s");
        var at = new DateTimeOffset(2026, 11, 23, 11, 59, 58, 999, TimeSpan.Zero);
        await Calls.IteratorAsync("s", Service.Shard.Id, ShardIteratorType.AT_TIMESTAMP, null, at, default);
        Assert.Equal(new DateTime(2026, 11, 23, 11, 59, 58, DateTimeKind.Utc), Service.Requests<GetShardIteratorRequest>()[0].Timestamp);
    }

    private sealed class Late(FakeKinesis service, Func<bool> isLate) : AmazonKinesisClient(new Amazon.Runtime.AnonymousAWSCredentials(), new AmazonKinesisConfig { ServiceURL = "http://127.0.0.1:9" })
    {
        public override Task<ListShardsResponse> ListShardsAsync(ListShardsRequest request, CancellationToken cancellationToken = default) =>
            isLate() ? Task.FromException<ListShardsResponse>(new ExpiredNextTokenException("late")) : service.ListShardsAsync(request, cancellationToken);
    }
}
