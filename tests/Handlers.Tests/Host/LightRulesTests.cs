namespace Handlers.Tests;

/// <summary>Each rule of the lights by itself: red or yellow just when it should be, and green otherwise.</summary>
public sealed class LightRulesTests
{
    private static readonly LaneId Lane = new("things", "3", 1);
    private static readonly LaneStatus Calm = new(Lane, new LaneState(new Position(7), 0, TimeSpan.Zero), true);
    private static readonly HandlerStatus Well = new("Things.OnThing", "things", "test", default, [Calm])
    {
        Settings = new HandlerSettings { Topic = "things", CircuitBreaker = "database" },
        HadLanes = true,
    };

    private static readonly LightLook Good = new([Well], [], new HandlersOptions());

    /// <summary>What is looked at, and of startup, ready and live what is not green.</summary>
    public static TheoryData<string, string> Rows => new()
    {
        { "good", "" },
        { "not started", "Startup Red starting; Ready Red starting" },
        { "stopping", "Ready Red stopping" },
        { "ended, and the host stops", "Startup Red ended; Ready Red ended" },
        { "ended, and the others go on", "Startup Red ended; Ready Red ended; Live Red ended" },
        { "broker away", "Startup Red broker-away; Ready Red broker-away" },
        { "poll 59", "" },
        { "poll 60", "Ready Red no-poll; Live Red no-poll" },
        { "commit 59", "" },
        { "commit 60", "Ready Red commit-stuck" },
        { "commit failing", "Ready Yellow commit-failing" },
        { "cannot publish", "Ready Red cannot-publish" },
        { "under way 59", "" },
        { "under way 60", "Ready Red hung" },
        { "under way 600", "Ready Red hung; Live Red hung" },
        { "stands 59", "" },
        { "stands 60", "Ready Red starved" },
        { "stands 60 with something under way", "" },
        { "oldest 60 with something under way", "Ready Red hung" },
        { "no lanes 59", "" },
        { "no lanes 60", "Ready Yellow no-lanes" },
        { "first lanes 29", "Startup Red no-lanes" },
        { "first lanes 30", "" },
        { "paused", "Ready Yellow paused" },
        { "circuit open", "Ready Yellow circuit-open" },
        { "watch 9", "" },
        { "watch 10", "Live Red no-threads" },
    };

    [Theory, MemberData(nameof(Rows))]
    public void Each_trouble_has_its_lights(string what, string expected)
    {
        var look = Of(what);
        var seen = new[] { (HealthLight.Startup, StartupLight.Of(look)), (HealthLight.Ready, ReadyLight.Of(look)), (HealthLight.Live, LiveLight.Of(look)) };
        Assert.Equal(expected, string.Join("; ", seen.SelectMany(s => s.Item2.Select(t => $"{s.Item1} {t.Color} {t.Kind}"))));
        Assert.All(seen.SelectMany(s => s.Item2), static t => Assert.EndsWith(".", t.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_hung_message_is_named_once_and_with_the_handler_that_has_it()
    {
        var lane = Calm with { Uncommitted = 2, InFlight = 2, Oldest = new Position(8), OldestAge = Seconds(60), UnderWay = [new(new Position(8), Seconds(61), "Things.OnOther"), new(new Position(9), Seconds(3), "Things.OnThing")] };
        var look = Good with { Handlers = [Well with { Lanes = [lane] }, Well with { Name = "Things.OnOther", Lanes = [lane] }] };
        var trouble = Assert.Single(ReadyLight.Of(look));
        Assert.Equal(("Things.OnOther", Lane, new Position(8), Seconds(61)), (trouble.Handler, trouble.Lane, trouble.Position, trouble.Age));
        Assert.Equal("Handler 'Things.OnOther' is stuck at things/3 position 8 for 61 s.", trouble.Text);
    }

    [Fact]
    public void The_message_that_is_under_way_longest_is_named_though_it_is_not_the_lanes_oldest()
    {
        var lane = Calm with { Uncommitted = 2, InFlight = 2, UnderWay = [new(new Position(8), Seconds(61)), new(new Position(9), Seconds(70))] };
        Assert.Equal(new Position(9), Assert.Single(ReadyLight.Of(Good with { Handlers = [Well with { Lanes = [lane] }] })).Position);
    }

    [Fact]
    public void What_concerns_a_group_or_a_shared_lane_is_said_once()
    {
        var lane = Calm with { WatermarkAge = Seconds(60), Uncommitted = 4 };
        var first = Well with { CommitAge = Seconds(60), PollAge = Seconds(60), Lanes = [lane] };
        Assert.Equal(["commit-stuck", "no-poll", "starved"], ReadyLight.Of(Good with { Handlers = [first, first with { Name = "Things.OnOther" }] }).Select(static t => t.Kind));
    }

    [Fact]
    public void What_hangs_is_told_before_what_starves_of_it()
    {
        var starved = Calm with { WatermarkAge = Seconds(90), Uncommitted = 4 };
        var hung = Calm with { Id = Lane with { Partition = "9" }, InFlight = 1, UnderWay = [new(new Position(9), Seconds(60))] };
        Assert.Equal(["hung", "starved"], ReadyLight.Of(Good with { Handlers = [Well with { Lanes = [starved, hung] }] }).Select(static t => t.Kind));
    }

    [Fact]
    public void What_the_application_threw_is_not_told_to_whoever_asks()
    {
        var failed = new HandlerFailedException("Handler 'Things.OnThing' failed at things/3 position 8", "customer-7 is refused", new InvalidOperationException("customer-7 is refused"));
        Assert.Contains("customer-7", failed.Message, StringComparison.Ordinal); // the log's
        Assert.Equal(
            ["Handler 'Things.OnThing' failed at things/3 position 8 (InvalidOperationException).", "A subscription has ended by an error (ArgumentException); the log tells more."],
            ReadyLight.Of(Good with { Failures = [failed, new ArgumentException("customer-7")] }).Select(static t => t.Text));
    }

    private static LightLook Of(string what) => what switch
    {
        "good" => Good,
        "not started" => Good with { HasStarted = false },
        "stopping" => Good with { IsStopping = true },
        "ended, and the host stops" => Good with { Failures = [new TransportException("It is over.")] },
        "ended, and the others go on" => Good with { Failures = [new TransportException("It is over.")], Options = new HandlersOptions { OnSubscriptionFailure = SubscriptionFailure.KeepOthers } },
        "broker away" => Good with { Pings = [new GroupPing("test", "It is away."), new GroupPing("other", null)] },
        "commit failing" => With(Well with { CommitFailures = 3 }),
        "cannot publish" => Of(Calm with { Paused = PauseReasons.CannotPublish, OldestAge = Seconds(90), WatermarkAge = Seconds(90), Uncommitted = 3, Oldest = new Position(8) }),
        "stands 60 with something under way" => Of(Calm with { WatermarkAge = Seconds(60), Uncommitted = 3, InFlight = 1, UnderWay = [new(new Position(8), Seconds(1))] }),
        "oldest 60 with something under way" => Of(Calm with { OldestAge = Seconds(60), Uncommitted = 3, InFlight = 1, Oldest = new Position(8), UnderWay = [new(new Position(8), Seconds(1))] }),
        "paused" => Of(Calm with { Paused = PauseReasons.Asked }),
        "circuit open" => Of(Calm with { Paused = PauseReasons.CircuitBreaker }),
        _ when Number(what, "poll ") is { } age => With(Well with { PollAge = age }),
        _ when Number(what, "commit ") is { } age => With(Well with { CommitAge = age }),
        _ when Number(what, "watch ") is { } age => With(Well with { WatchAge = age }),
        _ when Number(what, "under way ") is { } age => Of(Calm with { InFlight = 1, Uncommitted = 1, UnderWay = [new(new Position(8), age)] }),
        _ when Number(what, "stands ") is { } age => Of(Calm with { WatermarkAge = age, Uncommitted = 3 }),
        _ when Number(what, "no lanes ") is { } age => With(Well with { WithoutLanes = age, Lanes = [] }),
        _ when Number(what, "first lanes ") is { } age => With(Well with { WithoutLanes = age, HadLanes = false, Lanes = [] }),
        _ => throw new ArgumentException(what),
    };

    private static TimeSpan? Number(string what, string before) =>
        what.StartsWith(before, StringComparison.Ordinal) ? Seconds(int.Parse(what[before.Length..], System.Globalization.CultureInfo.InvariantCulture)) : null;

    private static LightLook Of(LaneStatus lane) => With(Well with { Lanes = [lane] });

    private static LightLook With(HandlerStatus handler) => Good with { Handlers = [handler] };

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);
}
