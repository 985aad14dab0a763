using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

/// <summary>A replay: the handlers of production, over a window, and nothing moves.</summary>
public sealed class ReplayTests
{
    [Fact]
    public async Task It_calls_the_handlers_through_the_real_pipeline()
    {
        var attempts = 0;
        await using var app = new ReplayApplication().Add((body, _, _) => body == "1" && ++attempts < 3 ? throw new InvalidOperationException("again") : default, settings: s => s with { Retry = new RetrySettings { Attempts = 3 } });
        await app.PublishAsync(0, 3);
        Assert.Equal(0, await app.ReplayAsync("--from", "earliest"));
        Assert.Equal(["0", "1", "1", "1", "2"], app.Calls);
        Assert.Equal("replayed 3 handled 3 skipped 0 invalid 0 failed 0" + Environment.NewLine, app.Output.ToString());
        Assert.Equal("", app.Errors.ToString());
    }

    [Fact]
    public async Task No_position_moves()
    {
        await using var app = new ReplayApplication().Add();
        await app.PublishAsync(0, 300);
        Assert.Equal(0, await app.ReplayAsync("--from", "earliest"));
        Assert.Equal(300, app.Calls.Count);
        Assert.Empty(await PositionsAsync(app));
    }

    [Fact]
    public async Task A_window_is_exactly_that()
    {
        foreach (var (arguments, from, to) in ((string[], int, int)[])
            [
                (["--from", "4", "--partition", "0"], 4, 9), (["--from", "4", "--to", "6", "--partition=0"], 4, 6), (["--from", "earliest", "--to", "6", "--partition", "0"], 0, 6),
                (["--from", "2020-01-01T00:00:03Z"], 3, 9), (["--from", "2020-01-01T00:00:03Z", "--to", "2020-01-01T00:00:07Z"], 3, 6), (["--from", "7", "--to", "99", "--partition", "0"], 7, 9),
            ])
        {
            await using var app = new ReplayApplication().Add();
            await app.PublishAsync(0, 10);
            Assert.Equal(0, await app.ReplayAsync(arguments));
            Assert.Equal(Enumerable.Range(from, to - from + 1).Select(i => $"{i}"), app.Calls);
        }
    }

    [Fact]
    public async Task What_is_out_of_the_window_by_its_time_is_left_out_wherever_it_stands()
    {
        await using var app = new ReplayApplication().Add();
        await app.PublishAsync(5, 2);
        await app.PublishAsync(0, 2);
        await app.PublishAsync(8, 1);
        await app.PublishAsync(6, 1);
        Assert.Equal(0, await app.ReplayAsync("--from", "2020-01-01T00:00:05Z", "--to", "2020-01-01T00:00:08Z"));
        Assert.Equal(["5", "6", "6"], app.Calls);
    }

    [Fact]
    public async Task It_ends_where_the_topic_ended_when_it_began()
    {
        await using var app = new ReplayApplication();
        app.Add((body, _, _) => new(app.PublishAsync(100 + int.Parse(body, null), 1)));
        await app.PublishAsync(0, 5);
        Assert.Equal(0, await app.ReplayAsync("--from", "earliest"));
        Assert.Equal(["0", "1", "2", "3", "4"], app.Calls);
    }

    [Fact]
    public async Task Where_lanes_do_not_tell_their_ends_it_ends_at_its_beginning_in_time()
    {
        await using var app = new ReplayApplication(2) { Between = t => new Between(t) { Reader = new BlindReader(t.Reader!, closed: "0") } }.Add();
        await app.PublishAsync(0, 50);
        Assert.Equal(0, await app.ReplayAsync("--from", "earliest"));
        Assert.Equal(50, app.Calls.Distinct().Count());
        // A lane that is closed comes first: what came of it is newer.
        var first = app.Broker.Ends(TestHandler.Topic)[0];
        Assert.Equal(app.Bodies(TestHandler.Topic).Take((int)first), app.Calls.Take((int)first));
    }

    [Fact]
    public async Task Many_lanes_are_read_a_few_at_a_time()
    {
        await using var app = new ReplayApplication(100).Add();
        await app.PublishAsync(0, 1000);
        Assert.Equal(0, await app.ReplayAsync("--from", "earliest"));
        Assert.Equal(1000, app.Calls.Distinct().Count());
        Assert.Equal(1000, app.Calls.Count);
    }

    [Fact]
    public async Task Nothing_is_published_by_default()
    {
        await using var app = new ReplayApplication();
        app.Add((body, _, stop) => app.Host.Services.GetPublisher().PublishAsync(new OutgoingMessage { Topic = "results", Body = OutgoingMessage.Utf8(body) }, stop));
        await app.PublishAsync(0, 3);
        Assert.Equal(0, await app.ReplayAsync("--from", "earliest"));
        Assert.Empty(app.Broker.Messages("results"));
        Assert.Equal("replay: 3 messages that handlers published were dropped. --publish publishes them." + Environment.NewLine, app.Errors.ToString());
    }

    [Fact]
    public async Task Results_are_published_when_that_is_asked_for()
    {
        await using var app = new ReplayApplication();
        app.Add((body, _, stop) => app.Host.Services.GetPublisher().PublishAsync(new OutgoingMessage { Topic = "results", Body = OutgoingMessage.Utf8(body) }, stop));
        await app.PublishAsync(0, 3);
        Assert.Equal(0, await app.ReplayAsync("--from", "earliest", "--publish"));
        Assert.Equal(["0", "1", "2"], app.Bodies("results"));
        Assert.Equal("", app.Errors.ToString());
    }

    [Fact]
    public async Task Dead_letters_are_dropped_too_and_the_exit_code_is_1()
    {
        await using var app = new ReplayApplication().Add((body, _, _) => body == "1" ? throw new InvalidOperationException("broken") : default, settings: s => s with { DeadLetter = "things.dead" });
        await app.PublishAsync(0, 3);
        Assert.Equal(1, await app.ReplayAsync("--from", "earliest"));
        Assert.Equal("replayed 3 handled 2 skipped 0 invalid 0 failed 1" + Environment.NewLine, app.Output.ToString());
        Assert.Empty(app.Broker.Messages("things.dead"));
    }

    [Fact]
    public async Task With_transactions_outputs_go_with_the_watermark()
    {
        await using var app = new ReplayApplication().Add((body, _, _) => body == "1" ? throw new InvalidOperationException("broken") : default, settings: s => s with { DeadLetter = "things.dead", Commit = Commit.Transaction });
        await app.PublishAsync(0, 3);
        Assert.Equal(1, await app.ReplayAsync("--from", "earliest", "--publish"));
        Assert.Equal(["1"], app.Bodies("things.dead"));
        Assert.Empty(await PositionsAsync(app));
    }

    [Fact]
    public async Task A_handler_that_stops_its_subscription_ends_it_with_1_and_the_reason()
    {
        await using var app = new ReplayApplication().Add((body, _, _) => body == "1" ? throw new InvalidOperationException("broken") : default);
        await app.PublishAsync(0, 3);
        Assert.Equal(1, await app.ReplayAsync("--from", "earliest"));
        Assert.Equal(["0", "1"], app.Calls);
        Assert.Contains("replay: ", app.Errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("things/0", app.Errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_other_groups_go_on_where_the_application_says_so()
    {
        await using var app = new ReplayApplication().Configure("Handlers:OnSubscriptionFailure", "KeepOthers")
            .Add((_, _, _) => throw new InvalidOperationException("broken"), "A.Fails", s => s with { Group = "a" }).Add(name: "B.Handles", settings: s => s with { Group = "b" });
        await app.PublishAsync(0, 3);
        Assert.Equal(1, await app.ReplayAsync("--from", "earliest"));
        Assert.Contains("handled 3 ", app.Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subscription_that_begins_again_goes_on_where_it_was()
    {
        var asked = false;
        await using var app = new ReplayApplication().Add((body, _, _) =>
        {
            if (body != "2" || asked) return default;
            asked = true;
            throw new RestartProcessingException("again");
        });
        await app.PublishAsync(0, 5);
        Assert.Equal(0, await app.ReplayAsync("--from", "earliest"));
        Assert.Equal(["0", "1", "2", "2", "3", "4"], app.Calls);
    }

    [Fact]
    public async Task Only_the_named_handlers_run()
    {
        await using var app = new ReplayApplication().Configure("Handlers:B.Other:Concurrency", "1") // which is no error though it does not run
            .Add(name: "A.Wanted", settings: s => s with { Group = "a" });
        app.Handlers.Add(TestHandler.Of((_, _, _) => throw new InvalidOperationException("it is not to run"), "B.Other", s => s with { Group = "b" }));
        await app.PublishAsync(0, 3);
        Assert.Equal(0, await app.ReplayAsync("--from", "earliest", "--handler", "A.Wanted"));
        Assert.Equal(3, app.Calls.Count);
    }

    [Fact]
    public async Task Other_hosted_services_do_not_start()
    {
        var started = new Started();
        await using var app = new ReplayApplication().Add();
        app.Handlers.Services.AddSingleton<IHostedService>(started);
        await app.PublishAsync(0, 1);
        Assert.Equal(0, await app.ReplayAsync("--from", "earliest"));
        Assert.False(started.Is);
        Assert.Single(app.Calls);
    }

    [Fact]
    public async Task An_interruption_ends_it_in_order_with_1()
    {
        using var stop = new CancellationTokenSource();
        await using var app = new ReplayApplication().Add(async (body, _, stopping) =>
        {
            if (body != "3") return;
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, stopping); // the message is not handled, and none behind it begins
        });
        await app.PublishAsync(0, 5000);
        Assert.Equal(1, await app.ReplayAsync([TestHandler.Topic, "--from", "earliest"], stop.Token));
        Assert.Equal(["0", "1", "2", "3"], app.Calls);
        Assert.StartsWith("replay: Interrupted.", app.Errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_is_one_line_with_its_remedy()
    {
        foreach (var (arguments, part) in ((string[], string)[])
            [
                (["thing", "--from", "earliest"], "No handler of this application reads topic 'thing'. Did you mean 'things'?"),
                (["things", "--from", "earliest", "--handler", "Things.OnThin"], "Did you mean 'Things.OnThing'?"),
                (["things", "--from", "earliest", "--transport", "other"], "of transport 'other'"),
                (["things", "--from", "earliest", "--partition", "9"], "Topic 'things' has no partition '9'"),
                (["things", "--from", "99", "--partition", "0"], "has no position 98"),
            ])
        {
            await using var app = new ReplayApplication().Add();
            await app.PublishAsync(0, 3);
            Assert.Equal(1, await app.ReplayAsync(arguments, TestContext.Current.CancellationToken));
            Assert.Contains(part, app.Errors.ToString(), StringComparison.Ordinal);
            Assert.Single(app.Errors.ToString().TrimEnd().Split('\n'));
            Assert.Equal("replayed 0 handled 0 skipped 0 invalid 0 failed 0" + Environment.NewLine, app.Output.ToString());
        }
    }

    [Fact]
    public async Task A_transport_that_was_used_before_is_an_error()
    {
        await using var app = new ReplayApplication().Add();
        await app.PublishAsync(0, 1);
        _ = app.Host.Services.GetPublisher();
        Assert.Equal(1, await app.ReplayAsync("--from", "earliest"));
        Assert.Contains("Call RunHandlersAsync before anything publishes", app.Errors.ToString(), StringComparison.Ordinal);
        Assert.Empty(app.Calls);
    }

    [Fact]
    public async Task Wrong_arguments_are_exit_code_2_and_touch_no_broker()
    {
        foreach (var (arguments, part) in ((string[], string)[])
            [
                ([], "Name the topic."), (["things"], "--from earliest"), (["things", "--from", "soon"], "--from is 'soon'"), (["things", "--from", "3"], "name it with --partition"),
                (["things", "--from", "earliest", "--to", "earliest"], "--to is 'earliest'"), (["things", "--fron", "3"], "Did you mean '--from'?"), (["things", "more", "--from", "earliest"], "two topics"),
                (["things", "--from", "earliest", "--from", "earliest"], "there twice"), (["things", "--from"], "takes a value"), (["things", "--publish=yes", "--from", "earliest"], "takes no value"),
                (["things", "--from", "3", "--partition", "0", "--partition", "1"], "name it with --partition"),
                (["things", "--from", "4", "--to", "3", "--partition", "0"], "Nothing is between --from 4 and --to 3."),
                (["things", "--from", "2026-01-31", "--to", "2026-01-30T23:00:00Z"], "Nothing is between --from 2026-01-31 and --to 2026-01-30T23:00:00Z."),
            ])
        {
            await using var app = new ReplayApplication { Between = _ => throw new InvalidOperationException("no transport is made") }.Add();
            Assert.Equal(2, await app.ReplayAsync(arguments, TestContext.Current.CancellationToken));
            Assert.StartsWith("replay: ", app.Errors.ToString(), StringComparison.Ordinal);
            Assert.Contains(part, app.Errors.ToString(), StringComparison.Ordinal);
            Assert.Equal("", app.Output.ToString());
        }
    }

    [Fact]
    public async Task Help_says_that_nothing_moves_and_that_databases_are_written_to_again()
    {
        await using var app = new ReplayApplication().Add();
        Assert.Equal(0, await app.ReplayAsync("--help"));
        Assert.Contains("No position of their group moves", app.Output.ToString(), StringComparison.Ordinal);
        Assert.Contains("is written to again", app.Output.ToString(), StringComparison.Ordinal);
    }

    private static async Task<List<GroupPosition>> PositionsAsync(ReplayApplication app) =>
        [.. (await new InMemoryTransport(app.Broker).Reader.PositionsAsync("test", [TestHandler.Topic], TestContext.Current.CancellationToken)).Where(p => p.LagMessages is not null)];

    private sealed class Started : IHostedService
    {
        public bool Is { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Is = true;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Its lanes do not tell where they end, and one is closed.</summary>
    private sealed class BlindReader(ITopicReader inner, string closed) : ITopicReader
    {
        public ValueTask<IReadOnlyList<string>> TopicsAsync(CancellationToken stop) => inner.TopicsAsync(stop);

        public async ValueTask<IReadOnlyList<LaneExtent>> LanesAsync(string topic, CancellationToken stop) =>
            [.. (await inner.LanesAsync(topic, stop)).Select(l => new LaneExtent(topic, l.Partition, null, null, null, l.Partition == closed)).Reverse()];

        public ValueTask<ILaneReader> OpenAsync(string topic, string partition, StartPosition from, CancellationToken stop) => inner.OpenAsync(topic, partition, from, stop);

        public ValueTask<IReadOnlyList<GroupPosition>> PositionsAsync(string group, IReadOnlyList<string> topics, CancellationToken stop) => inner.PositionsAsync(group, topics, stop);
    }
}
