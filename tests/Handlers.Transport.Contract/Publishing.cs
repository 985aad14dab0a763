using System.Text;

namespace Handlers.Transport.Contract;

public abstract partial class TransportContract : HarnessTests
{
    [Fact(Timeout = Limit)]
    public async Task A_message_that_is_acknowledged_is_there_to_read()
    {
        var topic = await TopicAsync();
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        for (var i = 0; i < 10; i++)
        {
            await PublishAsync(topic, i, 1, transport: member.Transport);
            Assert.Equal($"{i}", (await ReadAsync(lane, 1))[0].Text);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Null_and_empty_are_two_things()
    {
        var topic = await TopicAsync();
        var transport = await TransportAsync();
        var sent = new List<OutgoingMessage> { new() { Topic = topic, Key = "k"u8.ToArray(), Body = Array.Empty<byte>() } };
        if (Harness.Features.NullBodies) sent.Add(new OutgoingMessage { Topic = topic, Key = "k"u8.ToArray() });
        if (Harness.Features.NullKeys) sent.Add(new OutgoingMessage { Topic = topic, Body = "b"u8.ToArray() });
        if (Harness.Features.EmptyKeys) sent.Add(new OutgoingMessage { Topic = topic, Key = Array.Empty<byte>(), Body = "b"u8.ToArray() });
        foreach (var message in sent) await Soon(transport.Publisher.PublishAsync(message, CancellationToken.None));
        var read = await ReadAsync(await (await JoinAsync(topic)).LaneAsync(), sent.Count);
        Assert.Equal(sent.Select(m => m.Body?.ToArray()), read.Select(m => m.Body));
        if (Harness.Features.NullKeys) Assert.Equal(sent.Select(m => m.Key?.ToArray()), read.Select(m => m.Key));
    }

    [Fact(Timeout = Limit)]
    public async Task Headers_repeat_and_may_be_null_empty_or_binary()
    {
        Assert.SkipUnless(Harness.Features.Headers, "The broker carries no headers.");
        var topic = await TopicAsync();
        var transport = await TransportAsync();
        var headers = new List<Header> { Header.Of("a", "1"), Header.Of("a", "2"), new("empty", Array.Empty<byte>()), new("binary", new byte[] { 0, 255, 128 }), Header.Of("ünicode", "ü") };
        if (Harness.Features.NullHeaders) headers.Add(new Header("null", null));
        await Soon(transport.Publisher.PublishAsync(Text(topic, "with") with { Headers = new Headers(headers) }, CancellationToken.None));
        await Soon(transport.Publisher.PublishAsync(Text(topic, "without"), CancellationToken.None));
        var read = await ReadAsync(await (await JoinAsync(topic)).LaneAsync(), 2);
        Assert.Equal(headers.Select(h => (h.Name, h.Value is { } v ? Convert.ToHexString(v.Span) : null)),
            read[0].Headers!.Select(h => (h.Name, h.Value is { } v ? Convert.ToHexString(v.Span) : null)));
        Assert.Equal("2", read[0].Headers!.Text("a"));
        Assert.Empty(read[1].Headers ?? Headers.Empty);
    }

    private const long ClockGrain = 20; // milliseconds: the broker's clock is another process's

    [Fact(Timeout = Limit)]
    public async Task A_timestamp_is_kept_and_is_the_moment_of_publishing_where_none_is_given()
    {
        var topic = await TopicAsync();
        var transport = await TransportAsync();
        var given = new DateTimeOffset(2001, 2, 3, 4, 5, 6, 789, TimeSpan.Zero);
        var before = Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        await Soon(transport.Publisher.PublishAsync(Text(topic, "now"), CancellationToken.None));
        var after = Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        if (Harness.Features.Timestamps) await Soon(transport.Publisher.PublishAsync(Text(topic, "then") with { Timestamp = given }, CancellationToken.None));
        var read = await ReadAsync(await (await JoinAsync(topic)).LaneAsync(), Harness.Features.Timestamps ? 2 : 1);
        Assert.InRange(read[0].Timestamp, before - ClockGrain, after + ClockGrain);
        if (Harness.Features.Timestamps) Assert.Equal(given.ToUnixTimeMilliseconds(), read[1].Timestamp);
    }

    [Fact(Timeout = Limit)]
    public async Task Body_and_position_come_whatever_else_is_read()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 3);
        var read = await ReadAsync(await (await JoinAsync(topic, reads: MessageParts.None)).LaneAsync(), 3);
        Assert.Equal(Numbers(0, 3), read.Select(m => m.Text));
        Assert.True(read[0].Position < read[1].Position);
    }

    [Fact(Timeout = Limit)]
    public async Task Concurrent_publishes_all_arrive_and_each_publisher_keeps_its_order()
    {
        var topic = await TopicAsync(2);
        var transports = new[] { await TransportAsync(), await TransportAsync() };
        var publishing = Enumerable.Range(0, 8).Select(async publisher =>
        {
            await Task.Yield();
            for (var i = 0; i < 25; i++) await transports[publisher % 2].Publisher.PublishAsync(Text(topic, $"{i}", $"p{publisher}"));
        }).ToList();
        await Soon(Task.WhenAll(publishing));
        var lanes = await (await JoinAsync(topic)).LanesAsync(2);
        var read = new List<Received>();
        while (read.Count < 200)
            foreach (var lane in lanes) read.AddRange(await ReadAtHandAsync(lane));
        foreach (var publisher in read.GroupBy(m => m.KeyText)) Assert.Equal(Numbers(0, 25), publisher.Select(m => m.Text));
        Assert.Equal(200, read.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task One_list_may_go_to_several_topics()
    {
        var (one, two) = (await TopicAsync(), await TopicAsync());
        var transport = await TransportAsync();
        await Soon(transport.Publisher.PublishAsync([Text(one, "1"), Text(two, "2"), Text(one, "3")], CancellationToken.None));
        var lanes = await (await JoinAsync([one, two])).LanesAsync(2);
        Assert.Equal(["1", "3"], (await ReadAsync(lanes.Single(l => l.Id.Topic == one), 2)).Select(m => m.Text));
        Assert.Equal(["2"], (await ReadAsync(lanes.Single(l => l.Id.Topic == two), 1)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task An_empty_list_is_published_at_once()
    {
        var transport = await TransportAsync();
        await Soon(transport.Publisher.PublishAsync([], CancellationToken.None));
    }

    [Theory(Timeout = Limit)]
    [InlineData("")]
    [InlineData("  ")]
    public async Task A_topic_without_a_name_is_refused(string topic)
    {
        var transport = await TransportAsync();
        var publishing = await Record.ExceptionAsync(() => Soon(transport.Publisher.PublishAsync(Text(topic, "x"), CancellationToken.None)));
        Assert.True(publishing is ArgumentException or TransportException, $"{publishing}");
        Assert.Contains("topic", publishing.Message, StringComparison.OrdinalIgnoreCase);
        var subscribing = await Record.ExceptionAsync(() => JoinAsync(topic));
        Assert.True(subscribing is ArgumentException or TransportException, $"{subscribing}");
        Assert.Contains("topic", subscribing.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = Limit)]
    public async Task What_one_caller_gets_wrong_is_not_held_against_the_others()
    {
        var topic = await TopicAsync();
        var transport = await TransportAsync();
        var wrong = Record.ExceptionAsync(() => transport.Publisher.PublishAsync([Text(topic, "lost?"), Text("", "x")]).AsTask());
        var right = transport.Publisher.PublishAsync(Text(topic, "right"));
        await Soon(right);
        Assert.NotNull(await wrong);
        var lane = await (await JoinAsync(topic)).LaneAsync();
        while ((await ReadAsync(lane, 1))[0].Text != "right") ; // what came with the wrong one may be there, and before it
    }

    [Fact(Timeout = Limit)]
    public async Task A_body_may_be_changed_once_its_publish_has_completed()
    {
        var topic = await TopicAsync();
        var transport = await TransportAsync();
        var body = "first"u8.ToArray();
        await Soon(transport.Publisher.PublishAsync(new OutgoingMessage { Topic = topic, Body = body }, CancellationToken.None));
        Encoding.UTF8.GetBytes("again", body);
        Assert.Equal("first", (await ReadAsync(await (await JoinAsync(topic)).LaneAsync(), 1))[0].Text);
    }
}
