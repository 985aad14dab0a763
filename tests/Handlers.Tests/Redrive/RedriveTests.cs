using System.Text;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

/// <summary>Dead letters are put back: which of them, as what, and how often.</summary>
public sealed class RedriveTests
{
    [Fact]
    public async Task A_letter_goes_back_with_its_own_bytes_and_headers_its_id_and_a_count()
    {
        await using var dead = new DeadLetterTopic();
        var binary = new Header("binary", new byte[] { 0, 255, 1 });
        var nothing = new Header("nothing", default(ReadOnlyMemory<byte>?));
        var empty = new Header("empty", ReadOnlyMemory<byte>.Empty);
        await dead.PublishAsync(DeadLetterTopic.Letter(7, own: [binary, nothing, empty, binary]));
        Assert.Equal(new RedriveResult(1, 1, 0, 0), await dead.RedriveAsync(), Same);

        var back = Assert.Single(dead.Broker.Messages(TestHandler.Topic));
        Assert.Equal("key 7"u8, back.Key!.Value.Span);
        Assert.Equal("body 7"u8, back.Body!.Value.Span);
        Assert.Equal(
            [("binary", "00FF01"), ("nothing", null), ("empty", ""), ("binary", "00FF01"), ("handlers-id", Hex("things/0@7")), ("handlers-redriven", Hex("1"))],
            back.Headers.Select(h => (h.Name, h.Value is { } value ? Convert.ToHexString(value.Span) : null)));
    }

    [Fact]
    public async Task A_missing_key_and_a_tombstone_stay_missing()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(1) with { Key = null, Body = null }, DeadLetterTopic.Letter(2) with { Key = ReadOnlyMemory<byte>.Empty, Body = ReadOnlyMemory<byte>.Empty });
        await dead.RedriveAsync();
        Assert.Equal([(true, true), (false, false)], dead.Broker.Messages(TestHandler.Topic).Select(m => (m.Key is null, m.Body is null)));
    }

    [Theory]
    [InlineData(null, "1")]
    [InlineData("1", "2")]
    [InlineData("41", "42")]
    [InlineData("many", "1")]
    [InlineData("-3", "1")]
    [InlineData("2147483647", "1")]
    public async Task It_is_counted_how_often_a_message_was_put_back(string? before, string after)
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(1, redriven: before));
        await dead.RedriveAsync();
        Assert.Equal([after], dead.Headers(DeadLetterHeaders.Redriven));
    }

    [Fact]
    public async Task Each_letter_goes_to_the_topic_that_it_came_from()
    {
        await using var dead = new DeadLetterTopic(partitions: 4);
        await dead.PublishAsync([.. Enumerable.Range(0, 1000).Select(i => DeadLetterTopic.Letter(i, i % 2 == 0 ? "even" : "odd"))]);
        Assert.Equal(new RedriveResult(1000, 1000, 0, 0), await dead.RedriveAsync(), Same);
        Assert.Equal(Numbers(i => i % 2 == 0), dead.Bodies("even").Order());
        Assert.Equal(Numbers(i => i % 2 == 1), dead.Bodies("odd").Order());
        Assert.Equal(new RedriveResult(0, 0, 0, 0), await dead.RedriveAsync(), Same); // and once

        static IEnumerable<string> Numbers(Func<int, bool> which) => Enumerable.Range(0, 1000).Where(which).Select(i => $"body {i}").Order();
    }

    [Fact]
    public async Task Another_topic_takes_all_of_them_where_one_is_named()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(1), DeadLetterTopic.Letter(2, origin: null));
        Assert.Equal(new RedriveResult(2, 2, 0, 0), await dead.RedriveAsync(new() { To = "parking" }), Same);
        Assert.Equal(["body 1", "body 2"], dead.Bodies("parking"));
        Assert.Empty(dead.Bodies());
    }

    [Fact]
    public async Task Letters_without_origin_are_named_and_left_and_hold_up_no_other()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(0, origin: null), DeadLetterTopic.Letter(1), DeadLetterTopic.Letter(2, origin: " "), DeadLetterTopic.Letter(3));
        var result = await dead.RedriveAsync();
        Assert.Equal(new RedriveResult(4, 2, 0, 2), result, Same);
        Assert.Equal(["things.dead/0@0", "things.dead/0@2"], result.WithoutOriginAt);
        Assert.Equal(["body 1", "body 3"], dead.Bodies());
    }

    [Fact]
    public async Task A_filter_has_a_position_of_its_own()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(0, handler: "A"), DeadLetterTopic.Letter(1, handler: "B"));
        Assert.Equal(new RedriveResult(2, 1, 1, 0), await dead.RedriveAsync(new() { Handler = "B" }), Same);
        Assert.Equal(new RedriveResult(0, 0, 0, 0), await dead.RedriveAsync(new() { Handler = "B" }), Same);
        Assert.Equal(new RedriveResult(2, 1, 1, 0), await dead.RedriveAsync(new() { Handler = "A" }), Same);
        Assert.Equal(new RedriveResult(2, 0, 2, 0), await dead.RedriveAsync(new() { Group = "other" }), Same);
        Assert.Equal(["body 1", "body 0"], dead.Bodies());
        Assert.Equal(new Position(1), dead.Broker.Committed("handlers.redrive.handler-A", DeadLetterTopic.Name, 0));
        Assert.Null(dead.Broker.Committed("handlers.redrive", DeadLetterTopic.Name, 0));
    }

    [Fact]
    public async Task Since_a_time_those_that_were_put_back_before_go_back_again()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(0));
        dead.Advance(TimeSpan.FromHours(1));
        await dead.PublishAsync(DeadLetterTopic.Letter(1));
        await dead.RedriveAsync();
        var since = new RedriveOptions { Since = new DateTimeOffset(2000, 1, 1, 0, 30, 0, TimeSpan.Zero) };
        Assert.Equal(new RedriveResult(1, 1, 0, 0), await dead.RedriveAsync(since), Same);
        Assert.Equal(["body 0", "body 1", "body 1"], dead.Bodies());
    }

    [Fact]
    public async Task A_limit_ends_it_and_the_next_redrive_goes_on_there()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync([.. Enumerable.Range(0, 5).Select(i => DeadLetterTopic.Letter(i))]);
        Assert.Equal(new RedriveResult(3, 3, 0, 0), await dead.RedriveAsync(new() { Limit = 3 }), Same);
        Assert.Equal(new RedriveResult(2, 2, 0, 0), await dead.RedriveAsync(new() { Limit = 3 }), Same);
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"body {i}"), dead.Bodies());
    }

    [Fact]
    public async Task The_limit_is_one_for_all_lanes()
    {
        await using var dead = new DeadLetterTopic(partitions: 4);
        await dead.PublishAsync([.. Enumerable.Range(0, 400).Select(i => DeadLetterTopic.Letter(i))]);
        Assert.Equal(150, (await dead.RedriveAsync(new() { Limit = 150 })).PutBack);
        Assert.Equal(250, (await dead.RedriveAsync()).PutBack);
        Assert.Equal(400, dead.Bodies().Distinct().Count());
    }

    [Fact]
    public async Task A_dry_run_counts_and_changes_nothing()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(0), DeadLetterTopic.Letter(1));
        Assert.Equal(new RedriveResult(2, 2, 0, 0), await dead.RedriveAsync(new() { DryRun = true }), Same);
        Assert.Empty(dead.Bodies());
        Assert.Equal(new RedriveResult(2, 2, 0, 0), await dead.RedriveAsync(), Same);
    }

    [Fact]
    public async Task Letters_that_come_while_it_runs_are_for_the_next_time()
    {
        DeadLetterTopic? dead = null;
        var more = 0;
        await using var topic = dead = new DeadLetterTopic(t => new Between(t) { Publish = async (inner, messages, stop) =>
        {
            await inner.PublishAsync(messages, stop);
            await inner.PublishAsync([.. messages.Select(_ => DeadLetterTopic.Letter(1000 + more++))], stop); // each fails again at once
        } });
        await dead.PublishAsync([.. Enumerable.Range(0, 250).Select(i => DeadLetterTopic.Letter(i))]);
        Assert.Equal(250, (await dead.RedriveAsync()).PutBack);
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
        Assert.Equal(150, (await RedriveOverAsync(dead, next)).PutBack);
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

        Assert.Equal(new RedriveResult(1, 1, 0, 0), await dead.RedriveAsync(new() { To = "parking", Limit = 1 }), Same);
        Assert.Equal(new RedriveResult(1, 1, 0, 0), await dead.RedriveAsync(), Same);
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
        Assert.Equal(50, (await RedriveOverAsync(dead, next)).PutBack);
        Assert.Equal(150, dead.Bodies().Count);
    }

    [Fact]
    public async Task Another_redriver_gets_its_share_and_each_letter_is_put_back_once()
    {
        await using var dead = new DeadLetterTopic(partitions: 4);
        await dead.PublishAsync([.. Enumerable.Range(0, 2000).Select(i => DeadLetterTopic.Letter(i))]);
        await using var second = new InMemoryTransport(dead.Broker);
        var results = await Task.WhenAll(dead.RedriveAsync(), RedriveOverAsync(dead, second));
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
    public async Task A_topic_that_no_handler_declares_is_an_error_with_the_closest_name()
    {
        await using var dead = new DeadLetterTopic();
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => dead.RedriveAsync(topic: "thing.dead"));
        Assert.StartsWith("No handler of this application declares topic 'thing.dead' for its dead letters. Did you mean 'things.dead'?", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_topic_is_redriven_where_its_transport_is_named()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(1) with { Topic = "elsewhere" });
        Assert.Equal(1, (await dead.RedriveAsync(new() { Transport = "default" }, "elsewhere")).PutBack);
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => dead.RedriveAsync(new() { Transport = "defalt" }));
        Assert.Contains("There is no transport 'defalt'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_reads_from_the_transport_of_the_handlers_that_declare_the_topic()
    {
        var broker = new InMemoryBroker();
        await using var dead = new DeadLetterTopic(configure: b => b.UseInMemory(broker, "second")
            .Add(TestHandler.Of((_, _, _) => default, "B.On", s => s with { Transport = "second", DeadLetter = "b.dead" }))
            .Add(TestHandler.Of((_, _, _) => default, "C.On", s => s with { Transport = "second", DeadLetter = DeadLetterTopic.Name })));
        await new InMemoryTransport(broker).PublishAsync(DeadLetterTopic.Letter(1) with { Topic = "b.dead" }, TestContext.Current.CancellationToken);
        Assert.Equal(1, (await dead.RedriveAsync(topic: "b.dead")).PutBack);
        Assert.Single(broker.Messages(TestHandler.Topic));
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => dead.RedriveAsync());
        Assert.Contains("Name the transport (--transport): 'default' or 'second'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dead_letters_are_not_put_back_to_themselves()
    {
        await using var dead = new DeadLetterTopic();
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => dead.RedriveAsync(new() { To = DeadLetterTopic.Name }));
        Assert.Contains("cannot be put back to 'things.dead' itself", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_handler_could_not_handle_it_handles_when_it_is_put_back()
    {
        var isBroken = true;
        var handled = new System.Collections.Concurrent.ConcurrentQueue<(string Body, string? Id, string? Redriven)>();
        await using var host = await TestHandler.StartAsync(TestHandler.Of(
            (body, context, _) =>
            {
                if (isBroken) throw new InvalidOperationException("broken");
                handled.Enqueue((body, context.Headers.Text(DeadLetterHeaders.Id), context.Headers.Text(DeadLetterHeaders.Redriven)));
                return default;
            },
            settings: s => s with { DeadLetter = DeadLetterTopic.Name }));
        await host.PublishAsync(TestHandler.Topic, "x", "k");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        await RedriveAsync(); // fails again: the letter of the second time counts one redrive
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal([null, "1"], host.Broker.Messages(DeadLetterTopic.Name).Select(m => m.Headers.Text(DeadLetterHeaders.Redriven)));
        Volatile.Write(ref isBroken, false);
        await RedriveAsync();
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal([("x", "things/0@1", "2")], handled);
        Assert.Equal(2, host.Broker.Messages(DeadLetterTopic.Name).Count);

        async Task RedriveAsync()
        {
            var redrive = host.Services.GetRequiredService<DeadLetters>().RedriveAsync(DeadLetterTopic.Name, stop: TestContext.Current.CancellationToken);
            await host.WaitUntilAsync(() =>
            {
                host.Clock.Advance(TimeSpan.FromMilliseconds(100));
                return redrive.IsCompleted;
            }, TestContext.Current.CancellationToken);
            Assert.Equal(1, (await redrive).PutBack);
        }
    }

    private static readonly EqualityComparer<RedriveResult> Same =
        EqualityComparer<RedriveResult>.Create((a, b) => (a!.Read, a.PutBack, a.Left, a.WithoutOrigin) == (b!.Read, b.PutBack, b.Left, b.WithoutOrigin));

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    /// <summary>A redrive by another process.</summary>
    private static Task<RedriveResult> RedriveOverAsync(DeadLetterTopic dead, ITransport transport) =>
        dead.Advancing(new DeadLetters(
            new HandlersRuntime(Declarations(transport), dead.Host.Services), dead.Host.Services.GetRequiredService<HandlerDeclarations>(), dead.Host.Services,
            dead.Host.Services.GetRequiredService<Microsoft.Extensions.Logging.ILogger<DeadLetters>>()).RedriveAsync(DeadLetterTopic.Name, new() { Transport = "default" }));

    private static HandlerDeclarations Declarations(ITransport transport)
    {
        var declarations = new HandlerDeclarations();
        declarations.Transports["default"] = _ => transport;
        return declarations;
    }
}
