using System.Collections.Concurrent;
using Handlers.Testing;

namespace Handlers.Tests;

/// <summary>What the status tells of messages under way, and of the last that failed.</summary>
public sealed class UnderWayTests
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> held = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Ordering.Lane, "a 0")]
    [InlineData(Ordering.None, "a 0, b 1, c 2")]
    public async Task Messages_under_way_have_their_positions_and_ages(Ordering ordering, string expected)
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of(HoldAsync, settings: s => s with { Ordering = ordering, Concurrency = 3 }));
        foreach (var body in new[] { "a", "b", "c", "d" }) await host.PublishAsync(TestHandler.Topic, body);
        var names = expected.Split(", ").Select(static e => e[..1]).ToList();
        await host.WaitUntilAsync(() => names.All(held.ContainsKey), Stop);
        await host.AdvanceUntilAsync(() => Lane(host).UnderWay.All(static m => m.Age >= TimeSpan.FromSeconds(20)), TimeSpan.FromSeconds(1), Stop);
        Assert.Equal(expected, string.Join(", ", Lane(host).UnderWay.Select((m, i) => $"{names[i]} {m.Position}")));
        Assert.Equal((names.Count, 4), (Lane(host).InFlight, Lane(host).Uncommitted));
        Assert.Equal(ordering == Ordering.Lane ? 1 : 3, host.Status.Handlers.Single().Concurrency);

        held["a"].SetResult(); // the next begins, and is new
        await host.WaitUntilAsync(() => held.ContainsKey(ordering == Ordering.Lane ? "b" : "d"), Stop);
        await host.WaitUntilAsync(() => Lane(host).UnderWay.Any(static m => m.Age == TimeSpan.Zero), Stop);
        Assert.Equal(names.Count, Lane(host).UnderWay.Count);
        await LetGoAsync(host, "b", "c", "d");
        Assert.Equal((0, 0), (Lane(host).InFlight, Lane(host).UnderWay.Count));
    }

    [Fact]
    public async Task A_message_behind_its_key_is_not_under_way()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of(HoldAsync, settings: s => s with { Ordering = Ordering.Key, Concurrency = 3 }));
        foreach (var (body, key) in new[] { ("a", "k"), ("b", "k"), ("c", "other") }) await host.PublishAsync(TestHandler.Topic, body, key);
        await host.WaitUntilAsync(() => held.ContainsKey("a") && held.ContainsKey("c"), Stop);
        await host.AdvanceUntilAsync(() => Lane(host).UnderWay.All(static m => m.Age >= TimeSpan.FromSeconds(20)), TimeSpan.FromSeconds(1), Stop);
        Assert.Equal(["0", "2"], Lane(host).UnderWay.Select(static m => m.Position.ToString()));
        held["a"].SetResult();
        await host.WaitUntilAsync(() => held.ContainsKey("b"), Stop);
        Assert.Equal([("1", true), ("2", false)], Lane(host).UnderWay.Select(static m => (m.Position.ToString(), m.Age < TimeSpan.FromSeconds(2)))); // what it waited is no age
        await LetGoAsync(host, "b", "c");
    }

    [Fact]
    public async Task Every_message_of_a_list_is_under_way()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.ListOf(call => new ValueTask(Held("list").Task), s => s with { Ordering = Ordering.None, BatchSize = 3 }));
        for (var i = 0; i < 4; i++) await host.PublishAsync(TestHandler.Topic, "x");
        await host.WaitUntilAsync(() => held.ContainsKey("list"), Stop);
        Assert.Equal((3, "0 1 2"), (Lane(host).InFlight, string.Join(" ", Lane(host).UnderWay.Select(static m => m.Position))));
        await LetGoAsync(host, "list");
    }

    [Fact]
    public async Task Where_handlers_share_a_lane_by_type_each_message_has_its_own()
    {
        TypeSwitch types = type => type.SequenceEqual("made"u8) ? 0 : type.SequenceEqual("paid"u8) ? 1 : -1;
        HandlerRegistration Of(string type, int index) => new HandlerRegistration<string>
        {
            Name = $"Things.{type}",
            Declared = new HandlerSettings { Topic = TestHandler.Topic, Ordering = Ordering.None },
            PayloadType = "string",
            Unpack = Payload.Text,
            MessageType = new MessageTypeMatch(type, TypeSource.Header, null, types, index),
            Dispatch = (string payload, in HandlerCall call) => new ValueTask(Held(payload).Task),
        };
        await using var host = await HandlersTestHost.StartAsync(s => HandlersBuilder.For(s).Add(Of("made", 0)).Add(Of("paid", 1)), partitions: 1, stop: Stop);
        await host.PublishAsync(TestHandler.Topic, "a", headers: new Headers(Header.Of("type", "paid")));
        await host.PublishAsync(TestHandler.Topic, "b", headers: new Headers(Header.Of("type", "made")));
        await host.WaitUntilAsync(() => held.Count == 2, Stop);
        Assert.Equal(["Things.paid", "Things.made"], host.Status.Handlers[0].Lanes.Single().UnderWay.Select(static m => m.Handler));
        await LetGoAsync(host, "a", "b");
    }

    [Fact]
    public async Task The_last_five_failures_of_a_handler_are_kept_the_newest_first()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((body, _, _) => body == "secret" ? throw new InvalidMessageException("It has no size.") : throw new FormatException($"no {body}"),
            settings: s => s with { OnFailure = FailedHandler.Skip, OnInvalid = InvalidMessage.Skip, Retry = new RetrySettings { Attempts = 2, Jitter = false } }));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilAsync(() => Failures(host).Count == 1, Stop); // it pauses before it is called again
        Assert.Equal((OutcomeKind.Failed, "System.FormatException", "no a"), (Failures(host)[0].Outcome, Failures(host)[0].Type, Failures(host)[0].Reason));
        foreach (var body in new[] { "b", "secret", "c" }) await host.PublishAsync(TestHandler.Topic, body);
        await host.AdvanceUntilAsync(() => host.Outcomes.Count == 4, stop: Stop);
        Assert.Equal(["3 no c Skipped", "3 no c Failed", "2 It has no size. Skipped", "1 no b Skipped", "1 no b Failed"], Failures(host).Select(static f => $"{f.Position} {f.Reason} {f.Outcome}"));
        Assert.Equal(["System.FormatException", "System.FormatException", null, "System.FormatException", "System.FormatException"], Failures(host).Select(static f => f.Exception?.GetType().FullName));
        Assert.All(Failures(host), static f => Assert.Equal("things/0", f.Lane.ToString()));
        Assert.True(Failures(host)[0].At > Failures(host)[4].At);
    }

    private static IReadOnlyList<FailureStatus> Failures(HandlersTestHost host) => host.Status.Handlers.Single().Failures;

    private static LaneStatus Lane(HandlersTestHost host) => host.Status.Handlers.Single().Lanes.Single();

    private TaskCompletionSource Held(string body) => held.GetOrAdd(body, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private ValueTask HoldAsync(string body, MessageContext context, CancellationToken stop) => new(Held(body).Task);

    private async Task LetGoAsync(HandlersTestHost host, params string[] bodies)
    {
        foreach (var body in bodies) Held(body).TrySetResult();
        await host.WaitUntilCommittedAsync(Stop);
    }
}
