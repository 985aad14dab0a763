using System.Text;
using Handlers.Testing;
using Microsoft.Extensions.Configuration;
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
        Assert.Equal(new RedriveResult(1, 1, 0, 0), await dead.RedriveAsync(), DeadLetterTopic.Counts);

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
        Assert.Equal(new RedriveResult(1000, 1000, 0, 0), await dead.RedriveAsync(), DeadLetterTopic.Counts);
        Assert.Equal(Numbers(i => i % 2 == 0), dead.Bodies("even").Order());
        Assert.Equal(Numbers(i => i % 2 == 1), dead.Bodies("odd").Order());
        Assert.Equal(new RedriveResult(0, 0, 0, 0), await dead.RedriveAsync(), DeadLetterTopic.Counts); // and once

        static IEnumerable<string> Numbers(Func<int, bool> which) => Enumerable.Range(0, 1000).Where(which).Select(i => $"body {i}").Order();
    }

    [Fact]
    public async Task Another_topic_takes_all_of_them_where_one_is_named()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(1), DeadLetterTopic.Letter(2, origin: null));
        Assert.Equal(new RedriveResult(2, 2, 0, 0), await dead.RedriveAsync(new() { To = "parking" }), DeadLetterTopic.Counts);
        Assert.Equal(["body 1", "body 2"], dead.Bodies("parking"));
        Assert.Empty(dead.Bodies());
    }

    [Fact]
    public async Task Letters_without_origin_are_named_and_left_and_hold_up_no_other()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(0, origin: null), DeadLetterTopic.Letter(1), DeadLetterTopic.Letter(2, origin: " "), DeadLetterTopic.Letter(3));
        var result = await dead.RedriveAsync();
        Assert.Equal(new RedriveResult(4, 2, 0, 2), result, DeadLetterTopic.Counts);
        Assert.Equal(["things.dead/0@0", "things.dead/0@2"], result.WithoutOriginAt);
        Assert.Equal(["body 1", "body 3"], dead.Bodies());
    }

    [Fact]
    public async Task A_filter_has_a_position_of_its_own()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(0, handler: "A"), DeadLetterTopic.Letter(1, handler: "B"));
        Assert.Equal(new RedriveResult(2, 1, 1, 0), await dead.RedriveAsync(new() { Handler = "B" }), DeadLetterTopic.Counts);
        Assert.Equal(new RedriveResult(0, 0, 0, 0), await dead.RedriveAsync(new() { Handler = "B" }), DeadLetterTopic.Counts);
        Assert.Equal(new RedriveResult(2, 1, 1, 0), await dead.RedriveAsync(new() { Handler = "A" }), DeadLetterTopic.Counts);
        Assert.Equal(new RedriveResult(2, 0, 2, 0), await dead.RedriveAsync(new() { Group = "other" }), DeadLetterTopic.Counts);
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
        Assert.Equal(new RedriveResult(1, 1, 0, 0), await dead.RedriveAsync(since), DeadLetterTopic.Counts);
        Assert.Equal(["body 0", "body 1", "body 1"], dead.Bodies());
    }

    [Fact]
    public async Task A_limit_ends_it_and_the_next_redrive_goes_on_there()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync([.. Enumerable.Range(0, 5).Select(i => DeadLetterTopic.Letter(i))]);
        Assert.Equal(new RedriveResult(3, 3, 0, 0), await dead.RedriveAsync(new() { Limit = 3 }), DeadLetterTopic.Counts);
        Assert.Equal(new RedriveResult(2, 2, 0, 0), await dead.RedriveAsync(new() { Limit = 3 }), DeadLetterTopic.Counts);
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
        Assert.Equal(new RedriveResult(2, 2, 0, 0), await dead.RedriveAsync(new() { DryRun = true }), DeadLetterTopic.Counts);
        Assert.Empty(dead.Bodies());
        Assert.Equal(new RedriveResult(2, 2, 0, 0), await dead.RedriveAsync(), DeadLetterTopic.Counts);
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

    [Theory]
    [InlineData("Handlers:CommitAttempts", "3", 3)]
    [InlineData("Handlers:CommitAttempts", "1", 1)]
    public async Task Options_of_the_configuration_count_where_nothing_is_started(string key, string value, int expected)
    {
        var calls = 0;
        await using var dead = new DeadLetterTopic(t => new Between(t) { Publish = (_, _, _) => throw new TransportException($"away {++calls}") { IsTransient = true } });
        dead.Host.Services.GetRequiredService<IConfiguration>()[key] = value;
        await dead.PublishAsync(DeadLetterTopic.Letter(0));
        await Assert.ThrowsAsync<TransportException>(() => dead.RedriveAsync());
        Assert.Equal(expected, calls);
    }

    [Fact]
    public async Task Configuration_maps_the_topic_of_dead_letters()
    {
        await using var dead = new DeadLetterTopic();
        dead.Host.Services.GetRequiredService<IConfiguration>()["Handlers:Topics:things.dead"] = "prod.things.dead";
        await dead.PublishAsync(DeadLetterTopic.Letter(0) with { Topic = "prod.things.dead" });
        Assert.Equal(1, (await dead.RedriveAsync(topic: "prod.things.dead")).PutBack);
        await Assert.ThrowsAsync<HandlersConfigurationException>(() => dead.RedriveAsync());
        dead.Host.Services.GetRequiredService<IConfiguration>()["Handlers:Topcs"] = "x";
        await Assert.ThrowsAsync<HandlersConfigurationException>(() => dead.RedriveAsync(topic: "prod.things.dead"));
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

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));
}
