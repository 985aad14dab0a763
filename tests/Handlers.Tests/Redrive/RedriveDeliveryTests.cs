using Handlers.Testing;

namespace Handlers.Tests;

/// <summary>Put back at least once, whatever happens, and each letter once where nothing does.</summary>
public sealed class RedriveDeliveryTests
{
    [Fact]
    public async Task Letters_that_come_while_it_runs_are_for_the_next_time()
    {
        DeadLetterTopic? dead = null;
        var more = 0;
        await using var topic = dead = new DeadLetterTopic(t => new Between(t)
        {
            Publish = async (inner, messages, stop) =>
            {
                await inner.PublishAsync(messages, stop);
                await inner.PublishAsync([.. messages.Select(_ => DeadLetterTopic.Letter(1000 + more++))], stop); // each fails again at once
            },
        });
        await dead.PublishAsync([.. Enumerable.Range(0, 250).Select(i => DeadLetterTopic.Letter(i))]);
        Assert.Equal(250, (await dead.RedriveAsync()).PutBack);
        Assert.Equal(250, (await dead.RedriveAsync()).PutBack);
        Assert.Equal(500, dead.Bodies().Distinct().Count());
    }

    /// <summary>In another lane than its own, which was not read yet when the letter came.</summary>
    [Fact]
    public async Task Letters_that_come_to_other_lanes_while_it_runs_are_for_the_next_time_too()
    {
        var more = 0;
        await using var dead = new DeadLetterTopic(
            t => new Between(t)
            {
                Reader = t.Reader,
                Publish = async (inner, messages, stop) =>
                {
                    await inner.PublishAsync(messages, stop);
                    await inner.PublishAsync([.. messages.Select(_ => DeadLetterTopic.Letter(1000 + Interlocked.Increment(ref more)))], stop);
                },
            },
            partitions: 16);
        await dead.PublishAsync([.. Enumerable.Range(0, 250).Select(i => DeadLetterTopic.Letter(i))]);
        Assert.Equal(250, (await dead.RedriveAsync()).PutBack);
        Assert.Equal(250, dead.Bodies().Count);
        Assert.Equal(250, (await dead.RedriveAsync()).PutBack);
        Assert.Equal(500, dead.Bodies().Distinct().Count());
    }

    [Fact]
    public async Task A_crash_between_publish_and_flush_puts_back_twice_and_never_not_at_all()
    {
        await using var dead = new DeadLetterTopic(t => new Between(t) { Flush = _ => throw new TransportException("the process is gone") });
        await dead.PublishAsync([.. Enumerable.Range(0, 150).Select(i => DeadLetterTopic.Letter(i))]);
        await Assert.ThrowsAsync<TransportException>(() => dead.RedriveAsync());
        Assert.Equal(RedriveLane.BatchSize, dead.Bodies().Count);

        await using var next = new InMemoryTransport(dead.Broker);
        Assert.Equal(150, (await dead.RedriveOverAsync(next)).PutBack);
        Assert.Equal(150 + RedriveLane.BatchSize, dead.Bodies().Count);
        Assert.Equal(150, dead.Headers(DeadLetterHeaders.Id).Distinct().Count()); // twice is the same id
    }

    [Fact]
    public async Task Nothing_is_stored_before_it_is_acknowledged()
    {
        var acknowledged = new TaskCompletionSource();
        var flushed = 0;
        await using var dead = new DeadLetterTopic(t => new Between(t)
        {
            Publish = async (inner, messages, stop) =>
            {
                await acknowledged.Task;
                await inner.PublishAsync(messages, stop);
            },
            Flush = async inner =>
            {
                Interlocked.Increment(ref flushed);
                await inner.FlushAsync(CancellationToken.None);
            },
        });
        await dead.PublishAsync(DeadLetterTopic.Letter(0));
        var redrive = dead.RedriveAsync();
        dead.Advance(TimeSpan.FromMinutes(5));
        Assert.False(redrive.IsCompleted);
        Assert.Equal(0, flushed);
        acknowledged.SetResult();
        Assert.Equal(1, (await redrive).PutBack);
        Assert.Equal(1, flushed);
    }

    [Fact]
    public async Task A_letter_that_the_broker_does_not_take_is_named_and_those_before_it_are_put_back()
    {
        await using var dead = new DeadLetterTopic(t => new Between(t)
        {
            Publish = (inner, messages, stop) => messages.Any(m => m.Topic == "gone") ? throw new TransportException("There is no topic 'gone'. Did you mean 'gong'?") : inner.PublishAsync(messages, stop),
        });
        await dead.PublishAsync(DeadLetterTopic.Letter(0), DeadLetterTopic.Letter(1, "gone"), DeadLetterTopic.Letter(2));
        var error = await Assert.ThrowsAsync<TransportException>(() => dead.RedriveAsync());
        Assert.StartsWith("The dead letter things.dead/0@1 could not be put back to topic 'gone': There is no topic 'gone'. Did you mean 'gong'?", error.Message, StringComparison.Ordinal);
        Assert.Equal(["body 0"], dead.Bodies());

        Assert.Equal(new RedriveResult(1, 1, 0, 0), await dead.RedriveAsync(new() { To = "parking", Limit = 1 }), DeadLetterTopic.Counts);
        Assert.Equal(new RedriveResult(1, 1, 0, 0), await dead.RedriveAsync(), DeadLetterTopic.Counts);
        Assert.Equal(["body 0", "body 2"], dead.Bodies());
    }

    [Fact]
    public async Task A_broker_that_is_away_for_a_moment_is_asked_again()
    {
        var calls = 0;
        await using var dead = new DeadLetterTopic(t => new Between(t)
        {
            Publish = (inner, messages, stop) => calls++ < 3 ? throw new TransportException("away") { IsTransient = true } : inner.PublishAsync(messages, stop),
        });
        await dead.PublishAsync(DeadLetterTopic.Letter(0));
        Assert.Equal(1, (await dead.RedriveAsync()).PutBack);
        Assert.Equal(4, calls);
    }

    [Fact]
    public async Task When_it_is_stopped_what_was_put_back_is_committed_and_the_group_is_left()
    {
        using var stop = new CancellationTokenSource();
        await using var dead = new DeadLetterTopic(t => new Between(t)
        {
            Publish = async (inner, messages, token) =>
            {
                await stop.CancelAsync(); // in the middle of the first batch, which is finished
                await inner.PublishAsync(messages, token);
            },
        });
        await dead.PublishAsync([.. Enumerable.Range(0, 150).Select(i => DeadLetterTopic.Letter(i))]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dead.RedriveAsync(stop: stop.Token));
        Assert.Equal(RedriveLane.BatchSize, dead.Bodies().Count);
        await using var next = new InMemoryTransport(dead.Broker);
        Assert.Equal(50, (await dead.RedriveOverAsync(next)).PutBack);
        Assert.Equal(150, dead.Bodies().Count);
    }

    [Fact]
    public async Task Another_redriver_gets_its_share_and_each_letter_is_put_back_once()
    {
        await using var dead = new DeadLetterTopic(partitions: 4, options: o => o.RevokeBudget = TimeSpan.FromDays(1));
        await dead.PublishAsync([.. Enumerable.Range(0, 2000).Select(i => DeadLetterTopic.Letter(i))]);
        await using var second = new InMemoryTransport(dead.Broker);
        var results = await Task.WhenAll(dead.RedriveAsync(), dead.RedriveOverAsync(second));
        Assert.Equal(2000, results.Sum(r => r.PutBack));
        Assert.Equal(2000, dead.Bodies().Count);
    }

    [Fact]
    public async Task Where_another_member_has_every_lane_it_says_so()
    {
        await using var dead = new DeadLetterTopic(partitions: 1);
        await using var other = new InMemoryTransport(dead.Broker);
        await using var subscription = await other.SubscribeAsync(
            new() { Group = "handlers.redrive", Topics = [new(DeadLetterTopic.Name, StartPosition.Earliest, MessageParts.None)], RevokeBudget = TimeSpan.FromDays(1) }, default);
        await using var lanes = subscription.LanesAsync(default).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await lanes.MoveNextAsync());
        var error = await Assert.ThrowsAsync<TransportException>(() => dead.RedriveAsync(step: TimeSpan.FromSeconds(1)));
        Assert.Contains("No lane of topic 'things.dead' came within 60 s: other members of group 'handlers.redrive' have them all.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_broker_tells_no_lag_what_comes_later_is_for_the_next_time_all_the_same()
    {
        DeadLetterTopic? dead = null;
        var more = 0;
        await using var topic = dead = new DeadLetterTopic(t => new Between(t)
        {
            State = _ => default,
            Publish = async (inner, messages, stop) =>
            {
                dead!.Advance(TimeSpan.FromMilliseconds(1));
                await inner.PublishAsync(messages, stop);
                await inner.PublishAsync([.. messages.Select(_ => DeadLetterTopic.Letter(1000 + more++))], stop);
            },
        });
        await dead.PublishAsync([.. Enumerable.Range(0, 250).Select(i => DeadLetterTopic.Letter(i))]);
        Assert.Equal(250, (await dead.RedriveAsync()).PutBack);
        dead.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(250, (await dead.RedriveAsync()).PutBack);
        Assert.Equal(500, dead.Bodies().Distinct().Count());
    }

    [Fact]
    public async Task A_lane_that_is_behind_is_waited_for_longer()
    {
        var reads = 0;
        await using var dead = new DeadLetterTopic(t => new Between(t) { BeforeRead = stop => reads++ < 5 ? Task.Delay(Timeout.Infinite, stop) : Task.CompletedTask });
        await dead.PublishAsync(DeadLetterTopic.Letter(0));
        Assert.Equal(1, (await dead.RedriveAsync(step: TimeSpan.FromMilliseconds(100))).PutBack);
        Assert.Equal(6, reads);
    }

    [Fact]
    public async Task A_publish_that_takes_longer_than_there_is_time_for_a_hand_over_is_given_up_and_the_next_owner_puts_it_back()
    {
        var hangs = new TaskCompletionSource();
        await using var dead = new DeadLetterTopic(
            t => new Between(t)
            {
                Publish = async (_, _, stop) =>
                {
                    hangs.TrySetResult();
                    await Task.Delay(Timeout.Infinite, stop);
                },
            },
            partitions: 2);
        await dead.PublishAsync([.. Enumerable.Range(0, 2).Select(i => DeadLetterTopic.Letter(i) with { Key = null })]);
        using var stop = new CancellationTokenSource();
        var first = dead.RedriveAsync(stop: stop.Token);
        await hangs.Task;
        await using var second = new InMemoryTransport(dead.Broker);
        Assert.Equal(1, (await dead.RedriveOverAsync(second)).PutBack); // the lane that was handed over
        Assert.Equal(["body 1"], dead.Bodies());

        await stop.CancelAsync(); // and so when it is stopped
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await using var third = new InMemoryTransport(dead.Broker);
        Assert.Equal(1, (await dead.RedriveOverAsync(third)).PutBack);
        Assert.Equal(["body 0", "body 1"], dead.Bodies().Order());
    }
}
