using System.Collections.Concurrent;
using System.Globalization;

namespace Handlers.Transport.Contract;

/// <summary>Results and positions that become durable together.</summary>
public abstract partial class GroupContract : HarnessTests
{
    private const string NoTransactions = "The transport has no transactions.";
    private const string NoPositions = "The broker does not remember positions that are committed in a transaction.";

    [Fact(Timeout = Limit)]
    public async Task Results_are_published_by_the_flush_that_commits_their_position()
    {
        Assert.SkipUnless(Harness.Features.Transactions, NoTransactions);
        var (topic, results) = (await TopicAsync(), await TopicAsync());
        await PublishAsync(topic, 0, 4);
        var member = await JoinTransactionalAsync(topic);
        var lane = await member.LaneAsync();
        var read = await ReadAsync(lane, 4);
        var reader = await (await JoinAsync(results, "readers")).LaneAsync();
        Transactional(lane).Store(read[0].Position, [Text(results, "a"), Text(results, "b")]);
        Transactional(lane).Store(read[1].Position, []);
        Transactional(lane).Store(read[2].Position, [Text(results, "c")]);
        await PublishAsync(results, 0, 1);
        await member.FlushAsync();
        Assert.Equal(["0", "a", "b", "c"], (await ReadAsync(reader, 4)).Select(m => m.Text)); // not before it
        await member.FlushAsync();
        Transactional(lane).Store(read[3].Position, [Text(results, "d")]);
        await member.FlushAsync();
        Assert.Equal(["d"], (await ReadAsync(reader, 1)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_position_is_committed_by_the_flush_that_publishes_its_results()
    {
        Assert.SkipUnless(Harness.Features.Transactions, NoTransactions);
        Assert.SkipUnless(Harness.Features.TransactionalPositions, NoPositions);
        var (topic, results) = (await TopicAsync(2), await TopicAsync());
        await PublishAsync(topic, 0, 40, key: null);
        var member = await JoinTransactionalAsync(topic);
        var lanes = await member.LanesAsync(2);
        var (lane, idle) = (lanes[0], lanes[1]);
        var (read, before) = (await ReadAsync(lane, 3), await CommittedAsync(idle));
        Transactional(lane).Store(read[0].Position, [Text(results, "a")]);
        Transactional(lane).Store(read[1].Position, []);
        await member.FlushAsync();
        Assert.Equal(read[1].Position, await CommittedAsync(lane));
        Transactional(lane).Store(read[2].Position, [Text(results, "b")]);
        await member.FlushAsync();
        Assert.Equal(read[2].Position, await CommittedAsync(lane));
        Assert.Equal(before, await CommittedAsync(idle)); // nothing of it was handled
    }

    [Fact(Timeout = Limit)]
    public async Task One_flush_publishes_the_results_of_every_lane()
    {
        Assert.SkipUnless(Harness.Features.Transactions, NoTransactions);
        var (topic, results) = (await TopicAsync(3), await TopicAsync());
        var member = await JoinTransactionalAsync(topic);
        await PublishAsync(topic, 0, 60, key: null, member.Transport);
        var lanes = await member.LanesAsync(3);
        foreach (var lane in lanes) Transactional(lane).Store((await ReadAsync(lane, 1))[0].Position, [Text(results, lane.Id.Partition)]);
        await member.FlushAsync();
        var published = await ReadAsync(await (await JoinAsync(results, "readers")).LaneAsync(), 3);
        Assert.Equal(lanes.Select(l => l.Id.Partition).Order(), published.Select(m => m.Text).Order());
    }

    [Fact(Timeout = Limit)]
    public async Task One_flush_commits_the_position_of_every_lane()
    {
        Assert.SkipUnless(Harness.Features.Transactions, NoTransactions);
        Assert.SkipUnless(Harness.Features.TransactionalPositions, NoPositions);
        var (topic, results) = (await TopicAsync(3), await TopicAsync());
        var member = await JoinTransactionalAsync(topic);
        await PublishAsync(topic, 0, 60, key: null, member.Transport);
        var last = new Dictionary<ILane, Position>();
        foreach (var lane in await member.LanesAsync(3))
        {
            last[lane] = (await ReadAsync(lane, 1))[0].Position;
            Transactional(lane).Store(last[lane], [Text(results, lane.Id.Partition)]);
        }

        await member.FlushAsync();
        foreach (var (lane, position) in last) Assert.Equal(position, await CommittedAsync(lane));
    }

    [Fact(Timeout = Limit)]
    public async Task Results_of_a_lane_that_was_lost_are_not_published_and_those_of_the_others_are()
    {
        Assert.SkipUnless(Harness.Features.Transactions, NoTransactions);
        Assert.SkipUnless(Harness.Features.SeveralMembers, Alone);
        var (topic, results) = (await TopicAsync(2), await TopicAsync());
        await PublishAsync(topic, 0, 40, key: null);
        var slow = await JoinTransactionalAsync(topic, revokeBudget: TimeSpan.FromMilliseconds(300));
        await slow.LanesAsync(2);
        var read = new Dictionary<ILane, Position>();
        foreach (var lane in slow.Given)
        {
            var messages = await ReadAsync(lane, 5);
            Transactional(lane).Store(messages[3].Position, [Text(results, $"{lane.Id.Partition} before")]);
            read[lane] = messages[4].Position;
        }

        await JoinTransactionalAsync(topic);
        await Eventually(() => slow.Given.Any(l => l.Lost.IsCancellationRequested), "a lost lane");
        var kept = slow.Given.Single(l => !l.Lost.IsCancellationRequested);
        Transactional(kept).Store((await ReadAsync(kept, 1))[0].Position, [Text(results, $"{kept.Id.Partition} after")]);
        var lost = Transactional(slow.Given.Single(l => l != kept));
        lost.Store(read[lost], [Text(results, $"{lost.Id.Partition} late")]);
        await slow.FlushAsync();
        Assert.Equal([$"{kept.Id.Partition} before", $"{kept.Id.Partition} after"], (await ReadAsync(await (await JoinAsync(results, "readers")).LaneAsync(), 2)).Select(m => m.Text));
        Assert.Equal(2, await EndOfAsync(results));
    }

    [Fact(Timeout = Limit)]
    public async Task Results_of_a_process_that_was_killed_before_the_flush_are_not_published()
    {
        Assert.SkipUnless(Harness.Features.Transactions, NoTransactions);
        Assert.SkipUnless(Harness.Features.Kills, "The harness cannot kill.");
        var (topic, results) = (await TopicAsync(), await TopicAsync());
        await PublishAsync(topic, 0, 2);
        var killed = await JoinTransactionalAsync(topic);
        var lane = await killed.LaneAsync();
        Transactional(lane).Store((await ReadAsync(lane, 2))[1].Position, [Text(results, "never")]);
        await KillAsync(killed);
        var next = await (await JoinTransactionalAsync(topic)).LaneAsync();
        Assert.Equal(Numbers(0, 2), (await ReadAsync(next, 2)).Select(m => m.Text));
        Assert.Equal(0, await EndOfAsync(results));
    }

    [Fact(Timeout = Limit)]
    public async Task Results_that_were_stored_before_a_lane_went_elsewhere_are_not_published()
    {
        Assert.SkipUnless(Harness.Features.Transactions, NoTransactions);
        Assert.SkipUnless(Harness.Features.Seeks, NoSeeks);
        var (topic, results) = (await TopicAsync(), await TopicAsync());
        await PublishAsync(topic, 0, 3);
        var member = await JoinTransactionalAsync(topic);
        var lane = await member.LaneAsync();
        Transactional(lane).Store((await ReadAsync(lane, 2))[1].Position, [Text(results, "of the old epoch")]);
        await Soon(lane.SeekAsync(StartPosition.Earliest, CancellationToken.None));
        Transactional(lane).Store((await ReadAsync(lane, 1))[0].Position, [Text(results, "of the new one")]);
        await member.FlushAsync();
        Assert.Equal(["of the new one"], (await ReadAsync(await (await JoinAsync(results, "readers")).LaneAsync(), 1)).Select(m => m.Text));
    }

    [Theory(Timeout = Limit)]
    [InlineData(Ordering.Lane)]
    [InlineData(Ordering.Key)]
    public async Task Each_result_and_each_letter_is_there_once_in_its_order(Ordering ordering)
    {
        Assert.SkipUnless(Harness.Features.Transactions, NoTransactions);
        var (topic, results, dead) = (await TopicAsync(partitions: 2), await TopicAsync(), await TopicAsync());
        var attempts = new ConcurrentDictionary<int, int>();
        var settings = new HandlerSettings
        {
            Topic = topic,
            Start = StartFrom.Earliest,
            Ordering = ordering,
            Commit = Commit.Transaction,
            DeadLetter = dead,
            PublishTo = results,
            Concurrency = 8,
            Retry = new RetrySettings { Attempts = 2, Delay = TimeSpan.FromMilliseconds(1) },
        };
        var app = await RunAsync(new HandlerRegistration<string>
        {
            Name = "Numbers.OnNumber",
            Declared = settings,
            PayloadType = "string",
            Reads = MessageParts.All,
            Unpack = Payload.Text,
            Dispatch = (string payload, in HandlerCall call) => call.PublishEachAsync(ResultsAsync(int.Parse(payload, CultureInfo.InvariantCulture)), Pack),
        });
        await using (app)
        {
            await PublishNumbersAsync(topic);
            await Eventually(() => app.Counts is { Handled: Delivered - 6, DeadLettered: 6 }, "every message has an outcome");
        }

        var expected = Enumerable.Range(0, Delivered).Where(n => n % 50 != 17).SelectMany(n => new[] { $"{n} first", $"{n} second" }).ToList();
        var published = await ReadAsync(await (await JoinAsync(results, "readers")).LaneAsync(), expected.Count);
        Assert.Equal(expected.Order(), published.Select(m => m.Text).Order());
        foreach (var key in published.GroupBy(m => int.Parse(m.Text!.Split(' ')[0], CultureInfo.InvariantCulture) % DeliveredKeys))
            Assert.Equal(key.Select(m => m.Text).Order(Comparer<string?>.Create((a, b) => Number(a).CompareTo(Number(b)))), key.Select(m => m.Text));
        var letters = await ReadAsync(await (await JoinAsync(dead, "letters")).LaneAsync(), 6);
        Assert.Equal(6, letters.Select(l => l.Headers!.Text(DeadLetterHeaders.Id)).Distinct().Count());
        Assert.Equal((expected.Count, 6), (await EndOfAsync(results), await EndOfAsync(dead)));

        async IAsyncEnumerable<string> ResultsAsync(int number)
        {
            yield return $"{number} first";
            if (number % 7 == 0) await Task.Yield();
            if (number % 50 == 17) throw new InvalidOperationException("for ever");
            if (number % 10 == 3 && attempts.AddOrUpdate(number, 1, static (_, n) => n + 1) == 1) throw new InvalidOperationException("once, behind its first result");
            yield return $"{number} second";
        }

        static OutgoingMessage Pack(string text) => new() { Body = OutgoingMessage.Utf8(text) };

        static int Number(string? text) => (int.Parse(text!.Split(' ')[0], CultureInfo.InvariantCulture) * 2) + (text.EndsWith("second", StringComparison.Ordinal) ? 1 : 0);
    }

    [Fact(Timeout = Limit)]
    public async Task The_position_behind_the_last_result_is_committed()
    {
        Assert.SkipUnless(Harness.Features.Transactions, NoTransactions);
        Assert.SkipUnless(Harness.Features.TransactionalPositions, NoPositions);
        var (topic, results) = (await TopicAsync(partitions: 2), await TopicAsync());
        var app = await RunAsync(new HandlerRegistration<string>
        {
            Name = "Numbers.OnNumber",
            Declared = new HandlerSettings { Topic = topic, Start = StartFrom.Earliest, Commit = Commit.Transaction, PublishTo = results },
            PayloadType = "string",
            Reads = MessageParts.All,
            Unpack = Payload.Text,
            Dispatch = (string payload, in HandlerCall call) => call.PublishEachAsync(OneAsync(payload), static text => new OutgoingMessage { Body = OutgoingMessage.Utf8(text) }),
        });
        await using (app)
        {
            await PublishNumbersAsync(topic);
            await Eventually(() => app.Counts.Handled == Delivered, "every message has an outcome");
            foreach (var lane in app.Lanes)
                await Eventually(async () => await Harness.ReadCommittedAsync("group", topic, lane.Id.Partition) == lane.State.LastRead, "the last message is committed");
        }

        static async IAsyncEnumerable<string> OneAsync(string text)
        {
            await Task.Yield();
            yield return text;
        }
    }

    private static ITransactionalLane Transactional(ILane lane) => Assert.IsType<ITransactionalLane>(lane, exactMatch: false);

    private async Task<Member> JoinTransactionalAsync(string topic, TimeSpan? revokeBudget = null)
    {
        var transport = await TransportAsync();
        Assert.True(transport.HasTransactions);
        return await JoinAsync(transport, new SubscriptionRequest
        {
            Group = "group",
            Topics = [new SubscribedTopic(topic, StartPosition.Earliest, MessageParts.All) { IsTransactional = true }],
            RevokeBudget = revokeBudget ?? TimeSpan.FromSeconds(30),
        });
    }

    /// <summary>How many messages a topic with one partition has: read up to one that is published now.</summary>
    private async Task<int> EndOfAsync(string topic)
    {
        var group = $"count-{Guid.NewGuid():N}";
        await PublishAsync(topic, 0, 1, key: "the end");
        var lane = await (await JoinAsync(topic, group)).LaneAsync();
        var count = 0;
        while ((await ReadAsync(lane, 1))[0].KeyText != "the end") count++;
        return count;
    }
}
