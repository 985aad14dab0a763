using System.Text;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Tests;

/// <summary>A look at dead letters: which are seen, in which order, and that nothing moves.</summary>
public sealed class LetterLookTests
{
    private static readonly DateTimeOffset Begin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task The_newest_of_all_lanes_come_first()
    {
        await using var dead = new DeadLetterTopic(partitions: 4);
        await PublishAsync(dead, 200);
        var seen = await LookAsync(dead, new() { Limit = 10 });
        Assert.Equal(Enumerable.Range(190, 10).Reverse().Select(i => $"body {i}"), seen.Letters.Select(Body));
        Assert.Equal((true, true, 4), (seen.HasMore, seen.IsComplete, seen.Lanes.Count));
    }

    [Fact]
    public async Task The_newest_may_all_be_in_one_lane()
    {
        await using var dead = new DeadLetterTopic(partitions: 4);
        await PublishAsync(dead, 100);
        await dead.PublishAsync([.. Enumerable.Range(100, 60).Select(i => At(i) with { Key = OutgoingMessage.Utf8("one key") })]);
        var seen = await LookAsync(dead, new() { Limit = 50 });
        Assert.Equal(Enumerable.Range(110, 50).Reverse().Select(i => $"body {i}"), seen.Letters.Select(Body));
        Assert.Single(seen.Letters.Select(l => l.Partition).Distinct());
    }

    [Fact]
    public async Task Few_messages_are_read_where_there_are_many_lanes()
    {
        var reads = 0;
        await using var dead = new DeadLetterTopic(t => new Between(t) { Reader = new CountingReader(t.Reader!, n => reads += n) }, partitions: 100);
        await PublishAsync(dead, 10_000);
        Assert.Equal(50, (await LookAsync(dead, new())).Letters.Count);
        Assert.InRange(reads, 50, 1000);
    }

    [Fact]
    public async Task All_of_fewer_letters_are_seen_and_there_are_no_more()
    {
        await using var dead = new DeadLetterTopic(partitions: 4);
        await PublishAsync(dead, 7);
        var seen = await LookAsync(dead, new());
        Assert.Equal(Enumerable.Range(0, 7).Reverse().Select(i => $"body {i}"), seen.Letters.Select(Body));
        Assert.False(seen.HasMore);
    }

    [Fact]
    public async Task From_the_oldest_a_time_and_a_position_the_oldest_come_first()
    {
        await using var dead = new DeadLetterTopic(partitions: 4);
        await PublishAsync(dead, 100);
        var oldest = await LookAsync(dead, new() { From = StartPosition.Earliest, Limit = 10 });
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"body {i}"), oldest.Letters.Select(Body));
        Assert.True(oldest.HasMore);
        var since = await LookAsync(dead, new() { From = StartPosition.At(Begin.AddSeconds(95)), Limit = 10 });
        Assert.Equal(Enumerable.Range(95, 5).Select(i => $"body {i}"), since.Letters.Select(Body));
        Assert.False(since.HasMore);
        var letter = oldest.Letters[3];
        var lane = await LookAsync(dead, new() { From = StartPosition.Including(letter.Position), Partition = letter.Partition, Limit = 3 });
        Assert.Equal(Body(letter), Body(lane.Letters[0]));
        Assert.All(lane.Letters, l => Assert.Equal(letter.Partition, l.Partition));
        Assert.Equal(3, lane.Letters.Count);
    }

    [Fact]
    public async Task Where_lanes_do_not_tell_their_ends_the_newest_are_looked_for_by_time()
    {
        var opened = new List<StartPosition>();
        await using var dead = new DeadLetterTopic(t => new Between(t) { Reader = new BlindReader(t.Reader!, opened) }, partitions: 2);
        await PublishAsync(dead, 100);
        dead.Advance(Begin.AddHours(2) - Now(dead));
        await dead.PublishAsync([.. Enumerable.Range(100, 60).Select(i => DeadLetterTopic.Letter(i) with { Timestamp = Begin.AddHours(2).AddMinutes(-1) })]);
        var seen = await LookAsync(dead, new() { Limit = 10 });
        Assert.Equal(10, seen.Letters.Count);
        Assert.All(seen.Letters, l => Assert.Equal(Begin.AddHours(2).AddMinutes(-1), l.Time));
        Assert.True(seen.HasMore);
        Assert.Equal(2, opened.Count); // each lane once
        opened.Clear();
        seen = await LookAsync(dead, new() { Limit = 500 });
        Assert.Equal((160, false), (seen.Letters.Count, seen.HasMore));
        Assert.Equal(6, opened.Count); // an hour, a day, all
    }

    [Fact]
    public async Task A_letter_says_what_is_in_its_headers()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(7, redriven: "2", own: Header.Of("mine", "x")));
        var letter = Assert.Single((await LookAsync(dead, new())).Letters);
        Assert.Equal(("things/0@7", TestHandler.Topic, "0", "7"), (letter.Id, letter.OriginTopic, letter.OriginPartition, letter.OriginPosition));
        Assert.Equal(("test", "Things.OnThing", 3, "System.Exception", "it is broken", 2), (letter.Group, letter.Handler, letter.Attempts, letter.Exception, letter.Reason, letter.Redriven));
        Assert.Equal((DateTimeOffset.Parse("2000-01-01T00:00:00Z", null), DateTimeOffset.Parse("2000-01-01T00:00:00Z", null)), (letter.FailedAt, letter.PublishedAt));
        Assert.Equal(("x", "key 7", "body 7", 6), (letter.Headers.Text("mine"), Encoding.UTF8.GetString(letter.Key!.Value.Span), Body(letter), letter.BodyLength));
        Assert.Equal((DeadLetterTopic.Name, "0", new Position(0)), (letter.Topic, letter.Partition, letter.Position));
    }

    [Fact]
    public async Task What_anybody_published_there_has_no_headers_and_may_have_no_bytes()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(new OutgoingMessage { Topic = DeadLetterTopic.Name }, new OutgoingMessage { Topic = DeadLetterTopic.Name, Body = new byte[100], Headers = new(Header.Of(DeadLetterHeaders.Attempts, "many")) });
        var seen = await LookAsync(dead, new() { BodyBytes = 10, From = StartPosition.Earliest });
        Assert.Equal((null, null, null, null, 0, 0), (seen.Letters[0].Id, seen.Letters[0].Key, seen.Letters[0].Body, seen.Letters[0].Attempts, seen.Letters[0].Redriven, seen.Letters[0].BodyLength));
        Assert.Equal((10, 100, null), (seen.Letters[1].Body!.Value.Length, seen.Letters[1].BodyLength, seen.Letters[1].Attempts));
    }

    [Fact]
    public async Task Nothing_moves_and_a_redrive_puts_all_back_after_it()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(0), DeadLetterTopic.Letter(1));
        Assert.Equal(2, (await LookAsync(dead, new())).Letters.Count);
        Assert.Null(dead.Broker.Committed("handlers.redrive", DeadLetterTopic.Name, 0));
        Assert.Equal(2, (await dead.RedriveAsync()).PutBack);
        Assert.Equal(2, (await LookAsync(dead, new())).Letters.Count);
    }

    [Fact]
    public async Task A_topic_that_no_letter_came_to_is_empty()
    {
        await using var dead = new DeadLetterTopic();
        var seen = await LookAsync(dead, new());
        Assert.Equal((0, 0, false), (seen.Lanes.Count, seen.Letters.Count, seen.HasMore));
        Assert.DoesNotContain(DeadLetterTopic.Name, await new InMemoryTransport(dead.Broker).Reader.TopicsAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_look_that_takes_too_long_shows_what_it_saw()
    {
        await using var dead = new DeadLetterTopic(t => new Between(t) { Reader = new EndlessReader(t.Reader!) });
        await PublishAsync(dead, 3);
        var looking = LookAsync(dead, new() { From = StartPosition.Earliest });
        Assert.False(looking.IsCompleted);
        dead.Advance(TimeSpan.FromSeconds(10));
        var seen = await looking;
        Assert.Equal((3, false, true), (seen.Letters.Count, seen.IsComplete, seen.HasMore));
    }

    [Fact]
    public async Task What_has_no_meaning_is_an_error_with_its_remedy()
    {
        await using var dead = new DeadLetterTopic(t => new Between(t));
        foreach (var (look, part) in ((LetterLook, string)[])
            [
                (new() { Limit = 0 }, "0 letters"), (new() { Limit = 1001 }, "1 to 1000"), (new() { BodyBytes = -1 }, "-1 bytes"), (new() { TimeLimit = TimeSpan.Zero }, "more than zero"),
                (new() { From = StartPosition.Behind(new Position(1)) }, "is of one partition"), (new() { Transport = "other" }, "There is no transport 'other'"), (new(), "does not read without a group"),
            ])
            Assert.Contains(part, (await Assert.ThrowsAsync<HandlersConfigurationException>(() => LookAsync(dead, look))).Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'things.dead'?", (await Assert.ThrowsAsync<HandlersConfigurationException>(() => LookAsync(dead, new(), "things.deed"))).Message, StringComparison.Ordinal);
        await using var known = new DeadLetterTopic();
        await known.PublishAsync(DeadLetterTopic.Letter(0));
        Assert.Contains("no partition '7'", (await Assert.ThrowsAsync<TransportException>(() => LookAsync(known, new() { Partition = "7" }))).Message, StringComparison.Ordinal);
    }

    private static Task<LettersSeen> LookAsync(DeadLetterTopic dead, LetterLook look, string topic = DeadLetterTopic.Name) =>
        dead.Host.Services.GetRequiredService<DeadLetters>().LookAsync(topic, look, TestContext.Current.CancellationToken);

    private static Task PublishAsync(DeadLetterTopic dead, int count) => dead.PublishAsync([.. Enumerable.Range(0, count).Select(At)]);

    private static OutgoingMessage At(int i) => DeadLetterTopic.Letter(i) with { Timestamp = Begin.AddSeconds(i) };

    private static DateTimeOffset Now(DeadLetterTopic dead) => dead.Host.Services.GetRequiredService<TimeProvider>().GetUtcNow();

    private static string Body(Letter letter) => Encoding.UTF8.GetString(letter.Body!.Value.Span);

    /// <summary>Counts messages.</summary>
    private sealed class CountingReader(ITopicReader inner, Action<int> read) : Wrapped(inner)
    {
        protected override async ValueTask<LaneRead> ReadAsync(ILaneReader lane, MessageBatch into, CancellationToken stop)
        {
            var result = await lane.ReadAsync(into, stop);
            read(into.Count);
            return result;
        }
    }

    /// <summary>Its lanes wait where they end.</summary>
    private sealed class EndlessReader(ITopicReader inner) : Wrapped(inner)
    {
        protected override async ValueTask<LaneRead> ReadAsync(ILaneReader lane, MessageBatch into, CancellationToken stop)
        {
            if (await lane.ReadAsync(into, stop) == LaneRead.AtEnd) await Task.Delay(Timeout.Infinite, stop);
            return LaneRead.Messages;
        }
    }

    /// <summary>Its lanes do not tell where they begin and end.</summary>
    private sealed class BlindReader(ITopicReader inner, List<StartPosition> opened) : Wrapped(inner)
    {
        protected override ValueTask<LaneRead> ReadAsync(ILaneReader lane, MessageBatch into, CancellationToken stop) => lane.ReadAsync(into, stop);

        public override async ValueTask<IReadOnlyList<LaneExtent>> LanesAsync(string topic, CancellationToken stop) =>
            [.. (await base.LanesAsync(topic, stop)).Select(l => l with { First = null, Last = null, Messages = null })];

        public override ValueTask<ILaneReader> OpenAsync(string topic, string partition, StartPosition from, CancellationToken stop)
        {
            opened.Add(from);
            return base.OpenAsync(topic, partition, from, stop);
        }
    }

    private abstract class Wrapped(ITopicReader inner) : ITopicReader
    {
        protected abstract ValueTask<LaneRead> ReadAsync(ILaneReader lane, MessageBatch into, CancellationToken stop);

        public ValueTask<IReadOnlyList<string>> TopicsAsync(CancellationToken stop) => inner.TopicsAsync(stop);

        public virtual ValueTask<IReadOnlyList<LaneExtent>> LanesAsync(string topic, CancellationToken stop) => inner.LanesAsync(topic, stop);

        public virtual async ValueTask<ILaneReader> OpenAsync(string topic, string partition, StartPosition from, CancellationToken stop) => new Lane(this, await inner.OpenAsync(topic, partition, from, stop));

        public ValueTask<IReadOnlyList<GroupPosition>> PositionsAsync(string group, IReadOnlyList<string> topics, CancellationToken stop) => inner.PositionsAsync(group, topics, stop);

        private sealed class Lane(Wrapped reader, ILaneReader inner) : ILaneReader
        {
            public ValueTask<LaneRead> ReadAsync(MessageBatch into, CancellationToken stop) => reader.ReadAsync(inner, into, stop);

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
