using System.Text;
using Amazon.Kinesis.Model;
using Microsoft.Extensions.Logging;
using Record = Amazon.Kinesis.Model.Record;

namespace Handlers.Kinesis.Tests;

public sealed class ShardReaderTests : ShardReaderTest
{
    [Fact]
    public async Task Records_come_in_their_order_whatever_fits_a_batch_or_a_fetch()
    {
        for (var i = 0; i < 25; i++) Shard.Add($"{i}");
        Shard.Add("k", Aggregated("a", "b", "c", "d", "e"));
        Shard.Add("last");
        string[] expected = [.. Enumerable.Range(0, 25).Select(i => $"{i + 8}:0 {i}"), "33:0 a", "33:1 b", "33:2 c", "33:3 d", "33:4 e", "34:0 last"];
        foreach (var (limit, batch, bytes) in new[] { (10_000, 100, 1_000_000L), (10, 3, 1_000_000), (1, 1, 1_000_000), (10, 2, 5), (7, 100, 1) })
        {
            var reader = Reader(LeaseCheckpoint.Horizon);
            Assert.Equal(expected, await ReadAsync(reader, limit, batch, bytes));
            Assert.Equal(new Position("34", 0), reader.State.LastRead);
            Assert.Equal(0, reader.Replayed);
        }
    }

    [Fact]
    public async Task Key_headers_and_time_are_filled_where_they_are_read()
    {
        var at = Clock.GetUtcNow();
        Shard.Add("plain", "1"u8.ToArray(), at);
        var writer = new AggregateWriter();
        writer.Add("inner", null, "2"u8, new Headers(Header.Of("type", "x"), new Header("none", null)));
        writer.Add("inner", null, "3"u8, Headers.Empty);
        Shard.Add("outer", writer.ToArray(), at);
        var all = new MessageBatch(10, 1000);
        var reader = Reader(LeaseCheckpoint.Horizon);
        await reader.FetchAsync(10, default);
        Assert.True(reader.TryTake(all));
        Assert.Equal(["plain", "inner", "inner"], all.Messages.ToArray().Select(static m => Encoding.UTF8.GetString(m.Key.Span)));
        Assert.Equal([null, 2, null], all.Messages.ToArray().Select(static m => m.Headers?.Count));
        Assert.Equal("x", all[1].Headers!.Text("type"));
        Assert.True(all[1].Headers!.TryGet("none", out var none) && none is null);
        Assert.All(all.Messages.ToArray(), m => Assert.Equal(at.ToUnixTimeMilliseconds(), m.TimestampMilliseconds));
        var bare = new MessageBatch(10, 1000);
        reader = Reader(LeaseCheckpoint.Horizon, parts: MessageParts.None);
        await reader.FetchAsync(10, default);
        Assert.True(reader.TryTake(bare));
        Assert.All(bare.Messages.ToArray(), static m => Assert.True(m.Key.IsNull && m.Headers is null && m.TimestampMilliseconds == 0 && !m.Body.IsNull));
        Assert.Equal(3, bare.Bytes);
    }

    [Fact]
    public async Task An_empty_body_is_empty_and_not_null()
    {
        Shard.Records.Add(new Record { SequenceNumber = "8", PartitionKey = "k" });
        var batch = new MessageBatch(10, 1000);
        var reader = Reader(LeaseCheckpoint.Horizon);
        await reader.FetchAsync(10, default);
        Assert.True(reader.TryTake(batch));
        Assert.False(batch[0].Body.IsNull);
        Assert.Equal(0, batch[0].Body.Length);
    }

    [Fact]
    public async Task Records_that_come_again_are_dropped_and_counted()
    {
        for (var i = 0; i < 5; i++) Shard.Add($"{i}");
        var again = true;
        Service.Answer = answer =>
        {
            if (!again || answer.Records is null) return;
            again = false;
            answer.Records = [.. answer.Records, .. answer.Records.Take(4)];
        };
        var reader = Reader(LeaseCheckpoint.Horizon);
        Assert.Equal(["8:0 0", "9:0 1", "10:0 2", "11:0 3", "12:0 4"], await ReadAsync(reader));
        Assert.Equal(4, reader.Replayed);
        Assert.Equal(1, Log.Count(4111));
    }

    [Fact]
    public async Task A_shard_that_ends_names_the_shards_in_its_place_after_its_last_record()
    {
        Shard.Add("1");
        Shard.Add("2");
        Shard.IsClosed = true;
        Shard.Children.AddRange(["left", "right"]);
        var reader = Reader(LeaseCheckpoint.Horizon);
        Assert.Equal(["8:0 1", "9:0 2", "end"], await ReadAsync(reader));
        Assert.Equal(["left", "right"], reader.Children.Select(static c => c.Id));
        Assert.Equal([ShardId], reader.Children[0].Parents);
        Assert.Equal(("0", "4"), reader.Children[0].Keys);
        Assert.Equal(ShardRead.End, await reader.FetchAsync(10, default));
        Assert.Equal(0, Service.Calls("ListShards"));
        Assert.Equal(TimeSpan.Zero, reader.State.LagTime);
    }

    [Fact]
    public async Task Where_the_answer_does_not_name_them_the_list_of_shards_does()
    {
        Shard.Add("1");
        Shard.IsClosed = true;
        Service.Streams["s"].Shards.Add(new FakeShard("merged", ["shardId-000000000009", ShardId]));
        var reader = Reader(LeaseCheckpoint.Horizon);
        Assert.Equal(["8:0 1", "end"], await ReadAsync(reader));
        Assert.Equal(["merged"], reader.Children.Select(static c => c.Id));
        Assert.Equal(["shardId-000000000009", ShardId], reader.Children[0].Parents);
    }

    [Fact]
    public async Task An_end_without_shards_in_its_place_is_no_end()
    {
        Shard.Add("1");
        var odd = 2;
        Service.Answer = answer =>
        {
            if (odd-- > 0) answer.NextShardIterator = null;
        };
        var reader = Reader(LeaseCheckpoint.Horizon);
        Assert.Equal(["8:0 1"], await ReadAsync(reader));
        Assert.Equal(2, Log.Count(4110));
        Shard.Add("2");
        Assert.Equal(["9:0 2"], await ReadAsync(reader));
    }

    [Fact]
    public async Task The_lag_is_what_the_service_says_and_nothing_does_not_mean_caught_up()
    {
        Shard.Add("1");
        Service.Answer = static answer => (answer.Records, answer.MillisBehindLatest) = (null, 4500);
        var reader = Reader(LeaseCheckpoint.Horizon);
        Assert.Null(reader.State.LagTime);
        Assert.Equal(ShardRead.Nothing, await reader.FetchAsync(10, default));
        Assert.Equal(Seconds(4.5), reader.State.LagTime);
        Assert.Null(reader.State.LagMessages);
    }

    [Fact]
    public async Task A_lane_is_not_at_its_end_while_records_that_were_fetched_wait_to_be_taken()
    {
        var at = Clock.GetUtcNow();
        foreach (var (text, second) in new[] { ("a", 0), ("b", 2), ("c", 5) }) Shard.Add(text, at + Seconds(second));
        Service.Answer = static answer => answer.MillisBehindLatest = 0; // nothing is behind these
        var reader = Reader(LeaseCheckpoint.Horizon);
        List<TimeSpan?> lags = [];
        var one = new MessageBatch(1, 1000);
        await reader.FetchAsync(10, default);
        for (; lags.Count < 3; one.Clear())
        {
            lags.Add(reader.State.LagTime);
            Assert.True(reader.TryTake(one));
        }

        Assert.Equal([Seconds(5), Seconds(3), TimeSpan.FromMilliseconds(1)], lags);
        Assert.Equal(TimeSpan.Zero, reader.State.LagTime);
    }

    [Fact]
    public async Task A_lane_is_at_its_end_when_all_that_waited_to_be_taken_was_read_before()
    {
        var handled = Shard.Add("a", Clock.GetUtcNow());
        var reader = Reader(After(handled));
        await reader.FetchAsync(10, default);
        Assert.NotEqual(TimeSpan.Zero, reader.State.LagTime);
        Assert.False(reader.TryTake(new MessageBatch(1, 1000)));
        Assert.Equal(TimeSpan.Zero, reader.State.LagTime);
    }

    [Fact]
    public async Task A_shard_that_retention_removed_has_ended()
    {
        Service.Streams["s"].Shards.Add(new FakeShard("child", [ShardId]));
        Service.Streams["s"].Shards.Remove(Shard);
        var reader = Reader(After("8"));
        Assert.Equal(["end"], await ReadAsync(reader));
        Assert.Equal(["child"], reader.Children.Select(static c => c.Id));
        Assert.Equal(LogLevel.Error, Log.Level(4109));
    }

    [Fact]
    public async Task A_shard_that_retention_removes_while_it_is_read_has_ended()
    {
        Shard.Add("1");
        var reader = Reader(LeaseCheckpoint.Horizon);
        Assert.Equal(["8:0 1"], await ReadAsync(reader));
        Service.Streams["s"].Shards.Remove(Shard);
        Assert.Equal(["end"], await ReadAsync(reader));
        Assert.Empty(reader.Children);
        Assert.Equal(1, Log.Count(4109));
    }

    [Fact]
    public async Task A_stream_that_is_gone_is_no_end()
    {
        var reader = Reader(LeaseCheckpoint.Horizon);
        Assert.Empty(await ReadAsync(reader));
        Service.Streams.Remove("s");
        Service.Add("t");
        var e = await Assert.ThrowsAsync<TransportException>(async () => await reader.FetchAsync(10, default));
        Assert.Contains("Stream 's' does not exist", e.Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 't'?", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetches_keep_the_service_s_pace()
    {
        Shard.Add("k", new byte[4 * 1024 * 1024]);
        for (var i = 0; i < 3; i++) Shard.Add("x");
        var reader = Reader(LeaseCheckpoint.Horizon);
        await ReadAsync(reader, limit: 1, batch: 1);
        // 4 MiB are 2 s; the others are small, and five a second.
        Assert.InRange(Clock.Waits[0].TotalSeconds, 2, 2.01);
        Assert.All(Clock.Waits.Skip(1), static w => Assert.Equal(Seconds(0.2), w));
        Assert.Equal(Service.Calls("GetRecords") - 1, Clock.Waits.Count);
    }

    [Fact]
    public async Task Throttling_is_waited_for_and_no_error()
    {
        Shard.Add("1");
        Service.Fail("GetRecords", new ProvisionedThroughputExceededException("slow"), 50);
        Assert.Equal(["8:0 1"], await ReadAsync(Reader(LeaseCheckpoint.Horizon)));
        Assert.Equal(50, Calls.Throttled);
    }

    [Fact]
    public async Task A_fetch_that_is_given_up_loses_nothing()
    {
        for (var i = 0; i < 30; i++) Shard.Add($"{i}");
        var reader = Reader(LeaseCheckpoint.Horizon);
        List<string> read = [];
        var batch = new MessageBatch(4, 1000);
        var random = new Random(1);
        while (read.Count < 30)
        {
            while (random.Next(3) > 0 && reader.TryTake(batch))
            {
                foreach (ref readonly var message in batch.Messages) read.Add(Text(message.Body));
                batch.Clear();
            }

            using var stop = new CancellationTokenSource();
            if (random.Next(2) == 0) await stop.CancelAsync();
            try
            {
                await reader.FetchAsync(7, stop.Token);
            }
            catch (OperationCanceledException)
            {
            }
        }

        Assert.Equal(Enumerable.Range(0, 30).Select(static i => $"{i}"), read);
    }

    [Fact]
    public async Task An_end_that_is_given_up_is_found_again()
    {
        Shard.Add("1");
        Shard.IsClosed = true;
        Service.Streams["s"].Shards.Add(new FakeShard("child", [ShardId]));
        var reader = Reader(LeaseCheckpoint.Horizon);
        await reader.FetchAsync(10, default);
        Assert.True(reader.TryTake(new MessageBatch(10, 1000)));
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reader.FetchAsync(10, stop.Token));
        Assert.Equal(["end"], await ReadAsync(reader));
        Assert.Equal(["child"], reader.Children.Select(static c => c.Id));
    }

    [Fact]
    public void A_shard_that_is_handled_to_its_end_has_nothing_to_read() => Assert.Throws<ArgumentException>(() => Reader(LeaseCheckpoint.End));
}
