using Amazon.Kinesis.Model;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis.Tests;

/// <summary>Where reading begins, and begins again.</summary>
public sealed class ShardStartTests : ShardReaderTest
{
    [Theory]
    [InlineData("9", 0, "9:1 b,9:2 c,10:0 last", 1)]
    [InlineData("9", 2, "10:0 last", 3)]
    [InlineData("9", long.MaxValue, "10:0 last", 1)] // the whole record
    [InlineData("8", 0, "9:0 a,9:1 b,9:2 c,10:0 last", 1)]
    [InlineData("10", 0, "", 1)]
    public async Task It_goes_on_within_and_after_an_aggregate(string sequence, long number, string expected, int replayed)
    {
        Shard.Add("first");
        Shard.Add("k", Aggregated("a", "b", "c"));
        Shard.Add("last");
        var reader = Reader(After(sequence, number));
        Assert.Equal(expected, string.Join(',', await ReadAsync(reader)));
        // At the position and never after it: after it, the rest of the aggregate would be passed over.
        var asked = Assert.Single(Service.Requests<GetShardIteratorRequest>());
        Assert.Equal(("AT_SEQUENCE_NUMBER", sequence), (asked.ShardIteratorType.Value, asked.StartingSequenceNumber));
        Assert.Equal(replayed, reader.Replayed);
        Assert.Equal(0, Log.Count(4107) + Log.Count(4108));
    }

    [Fact]
    public async Task An_expired_iterator_is_renewed_where_reading_stands()
    {
        Shard.Add("1");
        Shard.Add("k", Aggregated("a", "b", "c"));
        var reader = Reader(LeaseCheckpoint.Horizon);
        var batch = new MessageBatch(3, 1000);
        await reader.FetchAsync(10, default);
        Assert.True(reader.TryTake(batch));
        Assert.Equal(new Position("9", 1), reader.State.LastRead);
        Service.ExpireIterators();
        Shard.Add("2");
        Assert.Equal(["9:2 c", "10:0 2"], await ReadAsync(reader));
        Assert.Equal(1, Log.Count(4105));
        Assert.Equal(["TRIM_HORIZON", "AT_SEQUENCE_NUMBER"], Service.Requests<GetShardIteratorRequest>().Select(static r => r.ShardIteratorType.Value));
    }

    [Fact]
    public async Task The_latest_begins_when_it_is_opened_and_keeps_its_place_without_a_record()
    {
        Shard.Add("before", Clock.GetUtcNow());
        Clock.Advance(Seconds(10));
        var reader = Reader(LeaseCheckpoint.Latest(Clock.GetUtcNow()), isNew: true);
        Assert.Equal(ShardRead.Nothing, await reader.OpenAsync(default));
        Shard.Add("after", Clock.GetUtcNow());
        Service.ExpireIterators();
        Clock.Advance(Seconds(400));
        Assert.Equal(["9:0 after"], await ReadAsync(reader));
        Assert.Equal(["LATEST", "AT_TIMESTAMP"], Service.Requests<GetShardIteratorRequest>().Select(static r => r.ShardIteratorType.Value));
    }

    [Fact]
    public async Task After_a_restart_the_latest_is_the_time_at_which_it_was_said()
    {
        Shard.Add("before", Clock.GetUtcNow());
        Clock.Advance(Seconds(10));
        var said = Clock.GetUtcNow();
        Shard.Add("while away", Clock.GetUtcNow() + Seconds(5));
        Clock.Advance(Seconds(10));
        Assert.Equal(["9:0 while away"], await ReadAsync(Reader(LeaseCheckpoint.Latest(said))));
        // Of another program, which does not say when: what it means, too.
        Assert.Empty(await ReadAsync(Reader(LeaseCheckpoint.Latest(null))));
    }

    [Fact]
    public async Task A_time_begins_with_the_first_record_at_or_after_it_to_the_millisecond()
    {
        var from = Clock.GetUtcNow() + TimeSpan.FromMilliseconds(500);
        Shard.Add("early", from - TimeSpan.FromMilliseconds(1));
        Shard.Add("on time", from);
        Shard.Add("late", from + TimeSpan.FromMilliseconds(1));
        Clock.Advance(Seconds(10));
        Assert.Equal(["9:0 on time", "10:0 late"], await ReadAsync(Reader(LeaseCheckpoint.At(from))));
    }

    [Fact]
    public async Task A_time_that_has_not_come_is_waited_for()
    {
        Shard.Add("past", Clock.GetUtcNow());
        var from = Clock.GetUtcNow() + Seconds(60);
        var reader = Reader(LeaseCheckpoint.At(from));
        Assert.Empty(await ReadAsync(reader));
        Shard.Add("early", from - Seconds(1));
        Shard.Add("on time", from);
        Assert.Equal(["10:0 on time"], await ReadAsync(reader));
    }

    [Fact]
    public async Task A_clock_that_is_ahead_of_the_service_s_is_told()
    {
        Service.Fail("GetShardIterator", new InvalidArgumentException("in the future"));
        Assert.Empty(await ReadAsync(Reader(LeaseCheckpoint.At(Clock.GetUtcNow() - Seconds(60)))));
        Assert.Equal("LATEST", Service.Requests<GetShardIteratorRequest>()[^1].ShardIteratorType.Value);
        Assert.Equal(LogLevel.Warning, Log.Level(4113));
        // Refused for another reason, as no clock is so far off: never the end of the shard instead.
        Service.Fail("GetShardIterator", new InvalidArgumentException("odd"));
        var e = await Assert.ThrowsAsync<TransportException>(async () => await Reader(LeaseCheckpoint.At(Clock.GetUtcNow() - Seconds(3600))).FetchAsync(10, default));
        Assert.True(e.IsRefused);
    }

    [Fact]
    public async Task A_time_that_a_lease_of_another_program_keeps_elsewhere_is_the_group_s_start()
    {
        Shard.Add("early", Clock.GetUtcNow());
        Clock.Advance(Seconds(10));
        Shard.Add("on time", Clock.GetUtcNow());
        Assert.Equal(["9:0 on time"], await ReadAsync(Reader(LeaseCheckpoint.At(null), start: LeaseCheckpoint.At(Clock.GetUtcNow()))));
        Assert.Contains("Set Start to Time", Assert.Throws<TransportException>(() => Reader(LeaseCheckpoint.At(null))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("12345678901234567890123456789012345678901234")]
    [InlineData("foreign")]
    public async Task A_position_that_is_refused_is_an_error_with_its_remedy(string sequence)
    {
        Shard.Add("1");
        var reader = Reader(After(sequence, 3));
        Service.Fail("GetShardIterator", new InvalidArgumentException("not of this shard"));
        var e = await Assert.ThrowsAsync<TransportException>(async () => await reader.FetchAsync(10, default));
        Assert.True(e.IsRefused);
        Assert.Contains($"refuses position {sequence}:3 in shard '{ShardId}' of stream 's'", e.Message, StringComparison.Ordinal);
        Assert.Contains("set OnLostPosition to StartOver", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Or_it_starts_over_where_the_group_begins_and_says_so(bool asMissing)
    {
        // An emulator calls such a position missing.
        Options.OnLostPosition = KinesisLostPosition.StartOver;
        Shard.Add("1");
        Service.Fail("GetShardIterator", asMissing ? new ResourceNotFoundException("no such number") : new InvalidArgumentException("not of this shard"));
        Assert.Equal(["started over", "8:0 1"], await ReadAsync(Reader(After("77"))));
        Assert.Equal(1, Log.Count(4106));
        Assert.Equal(LogLevel.Error, Log.Level(4106));
    }

    [Fact]
    public async Task A_position_that_retention_removed_is_told_loudly()
    {
        for (var i = 0; i < 5; i++) Shard.Add($"{i}");
        Shard.Remove(2);
        Assert.Equal(["10:0 2", "11:0 3", "12:0 4"], await ReadAsync(Reader(After("8"))));
        Assert.Equal(1, Log.Count(4107));
        Assert.Equal(LogLevel.Error, Log.Level(4107));
        // With all that came after it.
        Shard.Remove(3);
        Assert.Empty(await ReadAsync(Reader(After("8"))));
        Assert.Equal(1, Log.Count(4108));
    }

    [Fact]
    public async Task An_empty_answer_that_is_behind_says_nothing_of_retention()
    {
        Shard.Add("1");
        Shard.Add("2");
        var first = true;
        Service.Answer = answer =>
        {
            if (!first) return;
            first = false;
            (answer.Records, answer.MillisBehindLatest, answer.NextShardIterator) = (null, 1000, $"s|{ShardId}|0|1000");
        };
        Assert.Equal(["9:0 2"], await ReadAsync(Reader(After("8"))));
        Assert.Equal(0, Log.Count(4107) + Log.Count(4108));
    }
}
