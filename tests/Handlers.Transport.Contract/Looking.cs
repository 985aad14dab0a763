using System.Text;

namespace Handlers.Transport.Contract;

/// <summary>Reading without a group: each sentence of the comments on <see cref="ITopicReader"/>.</summary>
public abstract partial class TransportContract : HarnessTests
{
    private const string NoReader = "Topics are not read without a group here, or another class tries the same reader.";

    [Fact(Timeout = Limit)]
    public async Task A_look_reads_from_the_earliest_the_latest_and_a_position()
    {
        var (topic, reader) = await LookedAtAsync();
        await PublishAsync(topic, 0, 10);
        var all = await LookAsync(reader, topic, StartPosition.Earliest);
        Assert.Equal(Numbers(0, 10), all.Select(m => m.Text));
        Assert.Equal(Numbers(0, 10), (await LookAsync(reader, topic, default)).Select(m => m.Text));
        Assert.Equal(all.Select(m => m.Position), all.Select(m => m.Position).Distinct().Order());
        Assert.Equal(Numbers(3, 7), (await LookAsync(reader, topic, StartPosition.Behind(all[2].Position))).Select(m => m.Text));
        Assert.Equal(Numbers(3, 7), (await LookAsync(reader, topic, StartPosition.Including(all[3].Position))).Select(m => m.Text));
        Assert.Equal(Numbers(0, 10), (await LookAsync(reader, topic, StartPosition.Including(all[0].Position))).Select(m => m.Text));
        Assert.Empty(await LookAsync(reader, topic, StartPosition.Behind(all[9].Position)));
        await using var latest = await OpenAsync(reader, topic, StartPosition.Latest);
        await PublishAsync(topic, 10, 1);
        Assert.Equal(["10"], (await LookAsync(latest, 1)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_look_begins_at_the_first_message_at_or_after_a_time()
    {
        Assert.SkipUnless(Harness.Features.ReaderTimes, "The broker does not look up times.");
        var (topic, reader) = await LookedAtAsync();
        await PublishAsync(topic, 0, 3);
        var before = await LookAsync(reader, topic, StartPosition.Earliest);
        await Eventually(() => Harness.Time.GetUtcNow().ToUnixTimeMilliseconds() > before[2].Timestamp, "a later time");
        await PublishAsync(topic, 3, 2);
        var all = await LookAsync(reader, topic, StartPosition.Earliest);
        Assert.True(all[3].Timestamp > all[2].Timestamp);
        Assert.Equal(["3", "4"], (await LookAsync(reader, topic, StartPosition.At(DateTimeOffset.FromUnixTimeMilliseconds(all[3].Timestamp)))).Select(m => m.Text));
        Assert.Equal(Numbers(0, 5), (await LookAsync(reader, topic, StartPosition.At(DateTimeOffset.FromUnixTimeMilliseconds(all[0].Timestamp)))).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_look_says_when_it_is_at_the_end_and_goes_on()
    {
        var (topic, reader) = await LookedAtAsync();
        await using var look = await OpenAsync(reader, topic, StartPosition.Earliest);
        var batch = new MessageBatch(10, 1024);
        await AtEndAsync(look);
        await AtEndAsync(look);
        await PublishAsync(topic, 0, 3);
        Assert.Equal(["0", "1", "2"], (await LookAsync(look, 3)).Select(m => m.Text));
        await AtEndAsync(look);
        await PublishAsync(topic, 3, 1);
        Assert.Equal(["3"], (await LookAsync(look, 1)).Select(m => m.Text));

        async Task AtEndAsync(ILaneReader look)
        {
            await Eventually(async () => await SoonRead(look.ReadAsync(batch, CancellationToken.None)) == LaneRead.AtEnd, "the end");
            Assert.Equal(0, batch.Count);
        }

        async Task<LaneRead> SoonRead(ValueTask<LaneRead> read) => await Soon(read);
    }

    [Fact(Timeout = Limit)]
    public async Task A_look_sees_all_parts_of_a_message_and_fills_a_batch_within_its_limits()
    {
        var (topic, reader) = await LookedAtAsync();
        var transport = await AnyTransportAsync();
        var message = Text(topic, "body", "key");
        await Soon(transport.Publisher.PublishAsync(Harness.Features.Headers ? message with { Headers = new Headers(Header.Of("a", "1"), Header.Of("a", "2")) } : message, CancellationToken.None));
        await Soon(transport.Publisher.PublishAsync([Text(topic, new string('x', 2000), "key"), Text(topic, "y", "key"), Text(topic, "z", "key")], CancellationToken.None));
        await using var look = await OpenAsync(reader, topic, StartPosition.Earliest);
        var seen = Assert.Single(await LookAsync(look, 1));
        Assert.Equal(("key", "body"), (seen.KeyText, seen.Text));
        Assert.True(seen.Timestamp > 0);
        if (Harness.Features.Headers) Assert.Equal(["1", "2"], seen.Headers!.Select(h => Encoding.UTF8.GetString(h.Value!.Value.Span)));
        var batch = new MessageBatch(2, 100);
        Assert.Equal([2000, 1], await LengthsAsync(1, 1));

        // The first however large it is, and then no more of them than fit.
        async Task<List<int>> LengthsAsync(params int[] counts)
        {
            var lengths = new List<int>();
            foreach (var count in counts)
            {
                await Eventually(async () => await Soon(look.ReadAsync(batch, CancellationToken.None)) == LaneRead.Messages && batch.Count > 0, "messages");
                lengths.Add(batch[0].Body.Length);
                if (lengths.Count == 1) Assert.Equal(1, batch.Count);
                else Assert.InRange(batch.Count, 1, 2);
                batch.Clear();
            }

            return lengths;
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_look_moves_no_position_and_takes_no_lane_from_a_member()
    {
        var (topic, reader) = await LookedAtAsync();
        await PublishAsync(topic, 0, 10);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var read = await ReadAsync(lane, 3);
        await member.CommitAsync(lane, read[2].Position);
        Assert.Equal(Numbers(0, 10), (await LookAsync(reader, topic, StartPosition.Earliest)).Select(m => m.Text));
        Assert.Equal(Numbers(0, 10), (await LookAsync(member.Transport.Reader!, topic, StartPosition.Earliest)).Select(m => m.Text)); // of the same process
        Assert.Equal(read[2].Position, await CommittedAsync(lane));
        Assert.Equal("3", (await ReadAsync(lane, 1))[0].Text);
        Assert.Same(lane, Assert.Single(member.Live));
        await member.CommitAsync(lane, read[2].Position);
        Assert.Equal(read[2].Position, await CommittedAsync(lane));
    }

    [Fact(Timeout = Limit)]
    public async Task Looks_beside_each_other_each_see_all()
    {
        var (topic, reader) = await LookedAtAsync();
        await PublishAsync(topic, 0, 20);
        var looks = Enumerable.Range(0, 3).Select(async _ => (await LookAsync(reader, topic, StartPosition.Earliest)).Select(m => m.Text)).ToList();
        foreach (var look in looks) Assert.Equal(Numbers(0, 20), await look);
    }

    [Fact(Timeout = Limit)]
    public async Task Extents_are_what_is_there()
    {
        var (topic, reader) = await LookedAtAsync();
        var empty = Assert.Single(await Soon(reader.LanesAsync(topic, CancellationToken.None)));
        Assert.Equal((topic, null, null, false), (empty.Topic, empty.First, empty.Last, empty.IsClosed));
        await PublishAsync(topic, 0, 5);
        var all = await LookAsync(reader, topic, StartPosition.Earliest);
        var full = Assert.Single(await Soon(reader.LanesAsync(topic, CancellationToken.None)));
        Assert.Equal(empty.Partition, full.Partition);
        if (Harness.Features.Extents)
        {
            Assert.Equal(0, empty.Messages);
            Assert.Equal((all[0].Position, all[4].Position, 5), (full.First, full.Last, full.Messages));
            var refused = await Assert.ThrowsAsync<TransportException>(async () => await OpenAsync(reader, topic, StartPosition.Behind(new Position(1000))));
            Assert.True(refused.IsRefused, refused.Message);
        }

        var wide = await TopicAsync(3);
        Assert.Equal(3, (await Soon(reader.LanesAsync(wide, CancellationToken.None))).Select(l => l.Partition).Distinct().Count());
        Assert.Superset(new HashSet<string> { topic, wide }, (await Soon(reader.TopicsAsync(CancellationToken.None))).ToHashSet());
    }

    [Fact(Timeout = Limit)]
    public async Task Positions_are_what_was_committed()
    {
        var (topic, reader) = await LookedAtAsync();
        await PublishAsync(topic, 0, 10);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var read = await ReadAsync(lane, 4);
        await member.CommitAsync(lane, read[3].Position);
        var position = Assert.Single(await Soon(reader.PositionsAsync("group", [topic], CancellationToken.None)));
        Assert.Equal(("group", topic, lane.Id.Partition, (Position?)read[3].Position), (position.Group, position.Topic, position.Partition, position.Handled));
        if (Harness.Features.Lag) Assert.Equal(6, position.LagMessages);
        if (Harness.Features.Owners) Assert.False(string.IsNullOrEmpty(position.Owner));
        await member.CommitAsync(lane, (await ReadAsync(lane, 6))[5].Position);
        position = Assert.Single(await Soon(reader.PositionsAsync("group", [topic], CancellationToken.None)));
        Assert.Equal(TimeSpan.Zero, position.LagTime ?? TimeSpan.Zero);
        if (Harness.Features.Lag) Assert.Equal(0, position.LagMessages);
        await member.LeaveAsync();
        Assert.Null(Assert.Single(await Soon(reader.PositionsAsync("group", [topic], CancellationToken.None))).Owner);
    }

    [Fact(Timeout = Limit)]
    public async Task A_topic_that_is_not_there_has_the_closest_name()
    {
        var (topic, reader) = await LookedAtAsync();
        var near = topic[..^1] + "_";
        foreach (var look in (Func<Task>[])
            [
                async () => await Soon(reader.LanesAsync(near, CancellationToken.None)),
                async () => await OpenAsync(reader, near, StartPosition.Earliest, "0"),
                async () => await Soon(reader.PositionsAsync("group", [near], CancellationToken.None)),
            ])
        {
            var error = await Assert.ThrowsAsync<TransportException>(look);
            Assert.Contains(near, error.Message, StringComparison.Ordinal);
            Assert.Contains($"'{topic}'", error.Message, StringComparison.Ordinal);
            Assert.Equal(TransportErrorKind.Topic, error.Kind);
        }

        var lane = await Assert.ThrowsAsync<TransportException>(async () => await OpenAsync(reader, topic, StartPosition.Earliest, "4711"));
        Assert.Contains("4711", lane.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Nothing_is_made_by_a_look()
    {
        var (topic, reader) = await LookedAtAsync();
        await PublishAsync(topic, 0, 1);
        var things = await Harness.ThingsAsync();
        await LookAsync(reader, topic, StartPosition.Earliest);
        var unused = Assert.Single(await Soon(reader.PositionsAsync("nobody", [topic], CancellationToken.None)));
        Assert.Equal((null, null), (unused.Handled, unused.Owner));
        await Assert.ThrowsAsync<TransportException>(async () => await Soon(reader.LanesAsync($"{topic}-not", CancellationToken.None)));
        Assert.DoesNotContain($"{topic}-not", await Soon(reader.TopicsAsync(CancellationToken.None)));
        Assert.Null(await Harness.ReadCommittedAsync("nobody", topic, unused.Partition));
        Assert.Equal(things.Order(StringComparer.Ordinal), (await Harness.ThingsAsync()).Order(StringComparer.Ordinal));
    }

    /// <summary>A topic and a reader, of a transport that reads nothing else.</summary>
    private async Task<(string Topic, ITopicReader Reader)> LookedAtAsync()
    {
        Assert.SkipUnless(Harness.Features.Reader, NoReader);
        var topic = await TopicAsync();
        return (topic, (await TransportAsync()).Reader!);
    }

    private async Task<ILaneReader> OpenAsync(ITopicReader reader, string topic, StartPosition from, string? partition = null) =>
        await Soon(reader.OpenAsync(topic, partition ?? (await Soon(reader.LanesAsync(topic, CancellationToken.None)))[0].Partition, from, CancellationToken.None));

    /// <summary>Everything to the end.</summary>
    private async Task<List<Received>> LookAsync(ITopicReader reader, string topic, StartPosition from)
    {
        await using var look = await OpenAsync(reader, topic, from);
        return await LookAsync(look, int.MaxValue);
    }

    /// <summary>So many messages; less where it is at the end, unless more are to come.</summary>
    private async Task<List<Received>> LookAsync(ILaneReader look, int count)
    {
        var seen = new List<Received>();
        while (seen.Count < count)
        {
            var batch = new MessageBatch(Math.Min(count - seen.Count, 4), 1024 * 1024);
            var read = await Soon(look.ReadAsync(batch, CancellationToken.None));
            foreach (ref readonly var message in batch.Messages) seen.Add(Received.Of(message));
            batch.Clear();
            if (read == LaneRead.Messages) continue;
            if (count == int.MaxValue) break;
            await Task.Delay(5);
            await Harness.AdvanceAsync(Step);
        }

        return seen;
    }
}
