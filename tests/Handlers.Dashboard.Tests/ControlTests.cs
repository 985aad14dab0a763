using System.Net;
using System.Text.Json.Nodes;

namespace Handlers.Dashboard.Tests;

/// <summary>Steering over HTTP: asks first, does it once, for who asked.</summary>
public sealed class ControlTests(ControlTests.Stage stage) : IClassFixture<ControlTests.Stage>
{
    private const string Payments = "Payments.OnPayment";

    private DashboardHost Host => stage.Host;

    [Fact]
    public async Task A_question_changes_nothing_and_its_token_does_it_once()
    {
        var (status, question) = await Host.PostAsync("pause", new() { ["handler"] = Payments, ["lane"] = "2" });
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.StartsWith($"Pause {Payments} on payments/2?", (string)question!["asks"]!, StringComparison.Ordinal);
        Assert.Empty(Paused());
        var request = new JsonObject { ["handler"] = Payments, ["lane"] = "2", ["token"] = (string)question["token"]! };
        Assert.Equal(HttpStatusCode.OK, (await Host.PostAsync("pause", request)).Status);
        Assert.Equal("2", Assert.Single(Paused()).Id.Partition);
        Assert.Equal(HttpStatusCode.Conflict, (await Host.PostAsync("pause", request)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Host.DoAsync("resume", new() { ["handler"] = Payments, ["lane"] = "2" })).Status);
        Assert.Empty(Paused());
    }

    [Fact]
    public async Task A_token_is_of_one_user_one_action_and_one_request()
    {
        var token = (string)(await Host.PostAsync("pause", new() { ["handler"] = Payments, ["lane"] = "1" })).Answer!["token"]!;
        Assert.Equal(HttpStatusCode.Conflict, (await Host.PostAsync("pause", new() { ["handler"] = Payments, ["token"] = token })).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await Host.PostAsync("resume", new() { ["handler"] = Payments, ["lane"] = "1", ["token"] = token })).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await Host.PostAsync("pause", new() { ["handler"] = Payments, ["lane"] = "1", ["token"] = token }, user: "operator-other")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await Host.PostAsync("pause", new() { ["handler"] = Payments, ["lane"] = "1", ["token"] = "AAAA" })).Status);
        Assert.Empty(Paused());
        Assert.Contains(Host.Logs.All, l => l.StartsWith("5004 Pause is refused to operator-other", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rewind_goes_to_a_position_and_its_message_is_handled_again()
    {
        await Host.PublishAsync("payments", "good", "one");
        await Host.PublishAsync("payments", "good", "one");
        await Api.UntilAsync(() => Host.Status.Handlers.All(h => h.Lanes.All(l => l.IsCaughtUp)));
        var lane = Host.Status.Handlers.Single(h => h.Name == Payments).Lanes.First(l => l.State.LastRead?.Number >= 1).Id;
        var before = Done();
        var (status, answer) = await Host.DoAsync("rewind", new() { ["handler"] = Payments, ["lane"] = lane.Partition, ["to"] = new JsonObject { ["position"] = 1 } });
        Assert.True(status == HttpStatusCode.OK, answer?.ToJsonString());
        var again = Host.Broker.Ends("payments")[int.Parse(lane.Partition, System.Globalization.CultureInfo.InvariantCulture)] - 1;
        await Api.UntilAsync(() => Done() == before + again);
    }

    [Fact]
    public async Task Concurrency_is_changed()
    {
        Assert.Equal(HttpStatusCode.OK, (await Host.DoAsync("concurrency", new() { ["handler"] = Payments, ["concurrency"] = 3 })).Status);
        Assert.Equal(3, Host.Status.Handlers.Single(h => h.Name == Payments).Concurrency);
        Assert.Equal(3, (int)(await Host.JsonAsync("status"))["handlers"]!.AsArray().Single(h => (string)h!["name"]! == Payments)!["concurrency"]!);
    }

    [Fact]
    public async Task Dead_letters_are_counted_and_put_back()
    {
        await Host.PublishAsync("payments", "a bad card");
        await Api.UntilAsync(() => Host.Broker.Ends("payments.dead").Sum() == 1);
        var (status, question) = await Host.PostAsync("redrive", new() { ["topic"] = "payments.dead" });
        Assert.True(status == HttpStatusCode.OK, question?.ToJsonString());
        Assert.StartsWith("Put 1 dead letter of payments.dead back", (string)question!["asks"]!, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await Host.PostAsync("redrive", new() { ["topic"] = "payments.dead", ["token"] = (string)question["token"]! })).Status);
        await Api.UntilAsync(() => Host.Broker.Ends("payments.dead").Sum() == 2); // it comes again, and fails again
        await Api.UntilAsync(async () => (string?)(await Host.JsonAsync("status"))["redrives"]![0]!["text"] == "1 put back.");
    }

    [Theory]
    [InlineData("pause", """{"handler":"Payments.OnPaymnt"}""", HttpStatusCode.NotFound, "There are:")]
    [InlineData("pause", """{"handler":"Payments.OnPayment","partiton":"3"}""", HttpStatusCode.BadRequest, "partiton")]
    [InlineData("pause", """{"handler":"Payments.OnPayment","lane":""}""", HttpStatusCode.BadRequest, "empty")]
    [InlineData("pause", """not json""", HttpStatusCode.BadRequest, "")]
    [InlineData("rewind", """{"handler":"Payments.OnPayment"}""", HttpStatusCode.BadRequest, "'to' has one of")]
    [InlineData("rewind", """{"handler":"Payments.OnPayment","to":{"position":4}}""", HttpStatusCode.BadRequest, "name the lane")]
    [InlineData("rewind", """{"handler":"Payments.OnPayment","to":{"position":4,"end":"latest"}}""", HttpStatusCode.BadRequest, "'to' has one of")]
    [InlineData("rewind", """{"handler":"Payments.OnPayment","lane":"77","to":{"position":4}}""", HttpStatusCode.Conflict, "no lane payments/77")]
    [InlineData("rewind", """{"handler":"Payments.OnPayment","to":{"time":"1969-12-31T23:59:59.999Z"}}""", HttpStatusCode.BadRequest, "1970 or later")]
    [InlineData("rewind", """{"handler":"Payments.OnPayment","to":{"time":"yesterday"}}""", HttpStatusCode.BadRequest, "")]
    [InlineData("rewind", """{"handler":"Payments.OnPayment","lane":"0","to":{"position":-1}}""", HttpStatusCode.BadRequest, "'to' has one of")]
    [InlineData("rewind", """{"handler":"Payments.OnPayment","lane":"0","to":{"position":1.5}}""", HttpStatusCode.BadRequest, "")]
    [InlineData("rewind", """{"handler":"Payments.OnPayment","lane":"0","to":{"after":"12x"}}""", HttpStatusCode.BadRequest, "'to' has one of")]
    [InlineData("pause", """[]""", HttpStatusCode.BadRequest, "")]
    [InlineData("pause", """null""", HttpStatusCode.BadRequest, "null")]
    [InlineData("pause", "", HttpStatusCode.BadRequest, "")]
    [InlineData("concurrency", """{"handler":"Payments.OnPayment","concurrency":0}""", HttpStatusCode.BadRequest, "whole number")]
    [InlineData("concurrency", """{"handler":"Alerts.OnEarthquake","concurrency":4}""", HttpStatusCode.Conflict, "Ordering.Lane")]
    [InlineData("redrive", """{"topic":"payments.ded"}""", HttpStatusCode.BadRequest, "payments.dead")]
    [InlineData("redrive", """{"topic":"payments.dead","lane":"3"}""", HttpStatusCode.BadRequest, "topic, handler, since and limit")]
    public async Task What_cannot_be_done_says_why(string action, string body, HttpStatusCode status, string why)
    {
        var (got, answer) = await Host.PostAsync(action, [], change: r => r.Content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));
        Assert.Equal(status, got);
        Assert.Contains(why, (string)answer!["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("49590338271490256608559692538361571095921575989136588898:0")]
    public async Task A_rewind_to_a_position_that_is_not_there_changes_nothing(string after)
    {
        var (status, answer) = await Host.DoAsync("rewind", new() { ["handler"] = Payments, ["lane"] = "3", ["to"] = new JsonObject { ["after"] = after } });
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("no position", (string)answer!["detail"]!, StringComparison.Ordinal);
        Assert.Empty(Host.Status.Failures);
        Assert.Contains(Host.Logs.All, l => l.StartsWith("5003 Rewind is not done for operator", StringComparison.Ordinal) && l.Contains(after, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_request_that_is_too_long_is_refused()
    {
        var (status, _) = await Host.PostAsync("pause", new() { ["handler"] = new string('x', 1024 * 1024) });
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
    }

    [Fact]
    public async Task A_foreign_page_cannot_steer()
    {
        var body = new JsonObject { ["handler"] = Payments };
        Assert.Equal(HttpStatusCode.Forbidden, (await Host.PostAsync("pause", body, change: r => r.Headers.Add("Origin", "https://evil.example"))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Host.PostAsync("pause", body, change: r => r.Headers.Remove("X-Handlers"))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Host.PostAsync("pause", body, change: r => r.Content = new StringContent(body.ToJsonString(), new System.Net.Http.Headers.MediaTypeHeaderValue("text/plain")))).Status);
        Assert.Equal(HttpStatusCode.OK, (await Host.PostAsync("pause", body, change: r => r.Headers.Add("Origin", Host.Address.GetLeftPart(UriPartial.Authority)))).Status);
    }

    [Theory]
    [InlineData("same-origin", HttpStatusCode.OK)] // behind a proxy that asks by another name than the browser did
    [InlineData("same-site", HttpStatusCode.Forbidden)]
    [InlineData("cross-site", HttpStatusCode.Forbidden)]
    public async Task What_a_browser_says_of_the_page_counts_whatever_a_proxy_made_of_the_host(string site, HttpStatusCode status)
    {
        var (got, _) = await Host.PostAsync("pause", new() { ["handler"] = Payments }, change: r =>
        {
            r.Headers.Add("Origin", "https://shop.example");
            r.Headers.Add("Sec-Fetch-Site", site);
        });
        Assert.Equal(status, got);
    }

    private long Done() => Host.Status.Handlers.Single(h => h.Name == Payments).Counts is var counts ? counts.Handled + counts.Failed : 0;

    private IEnumerable<LaneStatus> Paused() => Host.Status.Handlers.SelectMany(h => h.Lanes).Where(l => l.Paused != PauseReasons.None);

    public sealed class Stage : IAsyncLifetime
    {
        public DashboardHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Host = await DashboardHost.StartAsync(DashboardHost.Granted);

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}
