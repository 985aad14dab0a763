using System.Text;

namespace Handlers.Transport.Contract;

public abstract partial class TransportContract : HarnessTests
{
    [Fact(Timeout = Limit)]
    public async Task A_lane_hands_out_messages_in_the_order_of_publishing_and_positions_rise()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 500);
        var lane = await (await JoinAsync(topic)).LaneAsync();
        var read = await ReadAsync(lane, 500);
        Assert.Equal(Numbers(0, 500), read.Select(m => m.Text));
        for (var i = 1; i < read.Count; i++) Assert.True(read[i - 1].Position < read[i].Position);
        Assert.Equal(topic, lane.Id.Topic);
    }

    [Fact(Timeout = Limit)]
    public async Task Messages_of_one_key_come_in_order_from_one_lane()
    {
        var topic = await TopicAsync(4);
        var transport = await TransportAsync();
        for (var i = 0; i < 200; i++) await Soon(transport.Publisher.PublishAsync(Text(topic, $"{i}", $"key{i % 10}"), CancellationToken.None));
        var lanes = await (await JoinAsync(topic)).LanesAsync(4);
        var seen = new Dictionary<string, (string Partition, int Last)>();
        var total = 0;
        while (total < 200)
            foreach (var lane in lanes)
            {
                foreach (var message in await ReadAtHandAsync(lane))
                {
                    total++;
                    var number = int.Parse(message.Text!, System.Globalization.CultureInfo.InvariantCulture);
                    if (seen.TryGetValue(message.KeyText!, out var before))
                    {
                        Assert.Equal(before.Partition, lane.Id.Partition);
                        Assert.Equal(before.Last + 10, number);
                    }

                    seen[message.KeyText!] = (lane.Id.Partition, number);
                }
            }

        Assert.Equal(10, seen.Count);
        Assert.True(seen.Values.Select(s => s.Partition).Distinct().Count() > 1, "Every key went to one partition.");
    }

    [Fact(Timeout = Limit)]
    public async Task A_batch_keeps_to_its_count()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 25);
        var lane = await (await JoinAsync(topic)).LaneAsync();
        var batch = new MessageBatch(10, 1_000_000);
        var read = 0;
        while (read < 25)
        {
            Assert.True(await Soon(lane.ReadAsync(batch, CancellationToken.None)));
            Assert.InRange(batch.Count, 1, 10);
            read += batch.Count;
            batch.Clear();
        }

        Assert.Equal(25, read);
    }

    [Fact(Timeout = Limit)]
    public async Task A_batch_keeps_to_its_bytes_but_takes_one_message_however_large()
    {
        var topic = await TopicAsync();
        var transport = await TransportAsync();
        foreach (var size in (int[])[400, 400, 400, 5000, 400])
            await Soon(transport.Publisher.PublishAsync(new OutgoingMessage { Topic = topic, Body = new byte[size] }, CancellationToken.None));
        var lane = await (await JoinAsync(topic)).LaneAsync();
        var batch = new MessageBatch(100, 1000);
        var sizes = new List<int>();
        while (sizes.Count < 5)
        {
            Assert.True(await Soon(lane.ReadAsync(batch, CancellationToken.None)));
            Assert.True(batch.Count == 1 || batch.Bytes <= 1000, $"{batch.Count} messages of {batch.Bytes} bytes");
            foreach (ref readonly var message in batch.Messages) sizes.Add(message.Body.Length);
            batch.Clear();
        }

        Assert.Equal([400, 400, 400, 5000, 400], sizes);
    }

    [Fact(Timeout = Limit)]
    public async Task A_large_body_arrives_whole()
    {
        var topic = await TopicAsync();
        var body = new byte[Harness.Features.LargestBody];
        new Random(1).NextBytes(body);
        var transport = await TransportAsync();
        await Soon(transport.Publisher.PublishAsync(new OutgoingMessage { Topic = topic, Body = body }, CancellationToken.None));
        var read = await ReadAsync(await (await JoinAsync(topic)).LaneAsync(), 1);
        Assert.True(body.AsSpan().SequenceEqual(read[0].Body));
    }

    [Fact(Timeout = Limit)]
    public async Task The_bytes_of_a_batch_stay_while_others_are_read()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 4);
        var lane = await (await JoinAsync(topic)).LaneAsync();
        var first = new MessageBatch(2, 1_000_000);
        while (first.Count == 0) Assert.True(await Soon(lane.ReadAsync(first, CancellationToken.None)));
        var rest = await ReadAsync(lane, 4 - first.Count);
        Assert.Equal("0", Encoding.UTF8.GetString(first[0].Body.Span));
        Assert.Equal("3", rest[^1].Text);
        first.Clear();
    }

    [Fact(Timeout = Limit)]
    public async Task A_read_waits_until_there_is_a_message()
    {
        var topic = await TopicAsync();
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var batch = new MessageBatch(10, 1_000_000);
        var read = lane.ReadAsync(batch, CancellationToken.None).AsTask();
        Assert.False(read.IsCompleted);
        Assert.Equal(0, batch.Count);
        await PublishAsync(topic, 0, 1, transport: member.Transport);
        await Soon(read);
        Assert.Equal(1, batch.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task A_read_wakes_for_what_another_process_publishes()
    {
        var topic = await TopicAsync();
        var lane = await (await JoinAsync(topic)).LaneAsync();
        var batch = new MessageBatch(10, 1_000_000);
        var read = lane.ReadAsync(batch, CancellationToken.None).AsTask();
        await PublishAsync(topic, 0, 1, transport: await TransportAsync());
        await Soon(read);
        Assert.Equal(1, batch.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task A_read_completes_synchronously_while_there_are_messages_at_hand()
    {
        Assert.SkipUnless(Harness.Features.AtHand, "The broker's messages are fetched first.");
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 100);
        var lane = await (await JoinAsync(topic)).LaneAsync();
        await ReadAsync(lane, 1);
        var at = 1;
        var batch = new MessageBatch(10, 1_000_000);
        while (at < 100)
        {
            var read = lane.ReadAsync(batch, CancellationToken.None);
            Assert.True(read.IsCompletedSuccessfully, "A read waited although messages were at hand.");
            Assert.True(await read);
            at += batch.Count;
            batch.Clear();
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_cancelled_read_throws_and_loses_nothing()
    {
        var topic = await TopicAsync();
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var batch = new MessageBatch(10, 1_000_000);
        for (var i = 0; i < 20; i++)
        {
            using var stop = new CancellationTokenSource();
            var read = lane.ReadAsync(batch, stop.Token).AsTask();
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Soon(read));
            Assert.Equal(0, batch.Count);
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await lane.ReadAsync(batch, new CancellationToken(true)));
        await PublishAsync(topic, 0, 5);
        Assert.Equal(Numbers(0, 5), (await ReadAsync(lane, 5)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task Reads_that_are_cancelled_while_messages_come_lose_none()
    {
        var topic = await TopicAsync();
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var publishing = Task.Factory.StartNew(
            async () =>
            {
                for (var i = 0; i < 100; i++) await member.Transport.Publisher.PublishAsync(Text(topic, $"{i}", "k"));
            }, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default).Unwrap();
        var read = new List<string?>();
        var batch = new MessageBatch(3, 1_000_000);
        var random = new Random(7);
        while (read.Count < 100)
        {
            using var stop = new CancellationTokenSource();
            var reading = lane.ReadAsync(batch, stop.Token).AsTask();
            if (random.Next(2) == 0) await Task.Yield();
            await stop.CancelAsync();
            try
            {
                await Soon(reading);
            }
            catch (OperationCanceledException)
            {
                Assert.Equal(0, batch.Count);
            }

            foreach (ref readonly var message in batch.Messages) read.Add(Received.Of(message).Text);
            batch.Clear();
            await Harness.AdvanceAsync(Step);
        }

        await Soon(publishing);
        Assert.Equal(Numbers(0, 100), read);
    }

    [Fact(Timeout = Limit)]
    public async Task A_lane_tells_how_far_it_is_behind()
    {
        Assert.SkipUnless(Harness.Features.Lag, "The broker does not tell.");
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 10);
        var lane = await (await JoinAsync(topic)).LaneAsync();
        Assert.Null(lane.State.LastRead);
        await Eventually(() => lane.State.LagMessages == 10, "the lag of what is there");
        var read = await ReadAsync(lane, 4);
        Assert.Equal(read[^1].Position, lane.State.LastRead);
        Assert.Equal(6, lane.State.LagMessages);
        Assert.InRange(lane.State.LagTime ?? TimeSpan.MinValue, TimeSpan.Zero, TimeSpan.FromMinutes(2));
        await ReadAsync(lane, 6);
        Assert.Equal(0, lane.State.LagMessages);
        Assert.Equal(TimeSpan.Zero, lane.State.LagTime);
        await PublishAsync(topic, 10, 3);
        await Eventually(() => lane.State.LagMessages == 3, "the lag of new messages");
    }

    /// <summary>What a lane has at hand, without waiting for more.</summary>
    private async Task<List<Received>> ReadAtHandAsync(ILane lane)
    {
        using var stop = new CancellationTokenSource();
        var batch = new MessageBatch(100, 1_000_000);
        var read = lane.ReadAsync(batch, stop.Token).AsTask();
        await Task.WhenAny(read, Task.Delay(50));
        await stop.CancelAsync();
        try
        {
            await Soon(read);
        }
        catch (OperationCanceledException)
        {
        }

        var received = new List<Received>();
        foreach (ref readonly var message in batch.Messages) received.Add(Received.Of(message));
        batch.Clear();
        return received;
    }
}
