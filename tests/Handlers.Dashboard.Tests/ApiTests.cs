using System.Net;
using System.Text;
using Handlers.Dashboard.Tests.Prometheus;
using Handlers.Testing;
using Microsoft.AspNetCore.Builder;

namespace Handlers.Dashboard.Tests;

/// <summary>What is read over HTTP, with a thousand lanes.</summary>
public sealed class ApiTests(ApiTests.Stage stage) : IClassFixture<ApiTests.Stage>
{
    private const string Alerts = "Alerts.OnEarthquake";

    private DashboardHost Host => stage.Host;

    [Fact]
    public async Task A_status_is_small_however_many_lanes_there_are()
    {
        var bytes = await Host.Http.GetByteArrayAsync("/handlers/api/status");
        Assert.InRange(bytes.Length, 500, 16 * 1024);
        Assert.Equal(1000, (int)(await Host.JsonAsync("status"))["handlers"]!.AsArray().Single(h => (string)h!["name"]! == Alerts)!["lanes"]!["count"]!);
    }

    [Fact]
    public async Task Charts_come_point_by_point()
    {
        await Api.UntilAsync(async () => (long)(await Host.JsonAsync("status"))["history"]!["last"]! > 0);
        var history = (await Host.JsonAsync("status"))["history"]!;
        var last = (long)history["last"]!;
        Assert.Equal(last, history["series"]![Alerts]!.AsArray().Count);
        Assert.True((await Host.JsonAsync($"status?after={last}"))["history"]!["series"]![Alerts]!.AsArray().Count <= 1);
        Assert.Equal(HttpStatusCode.BadRequest, (await Host.Http.GetAsync("/handlers/api/status?after=soon")).StatusCode);
    }

    [Fact]
    public async Task Lanes_come_a_page_at_a_time_in_the_order_that_is_asked_for()
    {
        var lanes = await Host.JsonAsync($"lanes?handler={Alerts}&sort=partition&skip=10&take=3");
        Assert.Equal(1000, (int)lanes["count"]!);
        Assert.Equal(["10", "11", "12"], lanes["lanes"]!.AsArray().Select(l => (string)l!["partition"]!));
        Assert.Equal(HttpStatusCode.NotFound, (await Host.Http.GetAsync("/handlers/api/lanes?handler=Nobody")).StatusCode);
    }

    [Fact]
    public async Task What_is_in_flight_has_lane_position_and_age()
    {
        await Host.PublishAsync("payments", "hang");
        await Api.UntilAsync(async () => (await Host.JsonAsync("in-flight?handler=Payments.OnPayment"))["messages"]!.AsArray().Any(m => (double)m!["age"]! > 0));
        var message = (await Host.JsonAsync("in-flight?handler=Payments.OnPayment"))["messages"]![0]!;
        Assert.Equal(("payments", "0"), ((string)message["topic"]!, (string)message["position"]!));
        Host.Gate.LetGo();
        await Api.UntilAsync(async () => (int)(await Host.JsonAsync("in-flight?handler=Payments.OnPayment"))["count"]! == 0);
    }

    [Fact]
    public async Task Metrics_are_what_a_strict_reader_takes()
    {
        await Host.PublishAsync("earthquakes", "tremor");
        // A call is counted before its time is written down.
        await Api.UntilAsync(async () => (await Host.Http.GetStringAsync("/metrics")).Contains($"messaging_process_duration_seconds_count{{handlers_handler=\"{Alerts}\"", StringComparison.Ordinal));
        using var response = await Host.Http.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var families = StrictParser.Parse(Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync()));
        var calls = families.Single(f => f.Name == "messaging_process_duration_seconds");
        Assert.True(calls.Samples.Single(s => s.Name.EndsWith("_count", StringComparison.Ordinal) && s.Label("handlers_handler") == Alerts).Value >= 1);
        Assert.Equal(1000, families.Single(f => f.Name == "handlers_lane_in_flight").Samples.Count(s => s.Label("messaging_destination_name") == "earthquakes"));
        using var head = await Host.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/metrics"));
        Assert.Equal((HttpStatusCode.OK, 0), (head.StatusCode, (await head.Content.ReadAsByteArrayAsync()).Length));
    }

    [Fact]
    public async Task Series_of_lanes_can_be_left_out()
    {
        await using var host = await DashboardHost.StartAsync(o => o.LaneMetrics = false);
        await Api.UntilAsync(() => host.Status.Handlers.All(h => h.Lanes.Count > 0));
        var families = StrictParser.Parse(await host.Http.GetStringAsync("/metrics"));
        Assert.DoesNotContain(families.SelectMany(f => f.Samples), s => s.Label("messaging_destination_partition_id") is not null);
        Assert.Equal(0, families.Single(f => f.Name == "handlers_lane_in_flight").Samples.Single(s => s.Label("messaging_destination_name") == "earthquakes").Value);
    }

    /// <summary>To a scraper a counter that falls has begun anew, and all it had counts as a rate once more.</summary>
    [Fact]
    public async Task Counters_without_lanes_do_not_fall_when_lanes_are_handed_over()
    {
        await using var host = await DashboardHost.StartAsync(o => o.LaneMetrics = false);
        for (var i = 0; i < 40; i++) await host.PublishAsync("earthquakes", "tremor");
        var before = (Messages: 0.0, Reads: 0.0);
        await Api.UntilAsync(async () => (before = await ConsumedAsync()).Messages == 40);
        await using var other = await DashboardHost.StartAsync(transport: h => h.UseInMemory(host.Broker));
        await Api.UntilAsync(async () => (await ReadAsync(host)).Single(f => f.Name == "handlers_lanes_ended_total").Samples.Any(s => s.Value > 0));
        var after = await ConsumedAsync();
        Assert.Equal(40, after.Messages);
        Assert.InRange(after.Reads, Math.Max(1, before.Reads), 40);

        async Task<(double Messages, double Reads)> ConsumedAsync()
        {
            var samples = (await ReadAsync(host)).SelectMany(static f => f.Samples).ToList();
            return (samples.Where(static s => s.Name == "messaging_client_consumed_messages_total").Sum(static s => s.Value),
                samples.Where(static s => s.Name == "messaging_client_operation_duration_seconds_count" && s.Label("messaging_operation_name") == "receive").Sum(static s => s.Value));
        }
    }

    [Fact]
    public async Task A_status_says_which_start_of_the_process_it_is_of()
    {
        var run = (string)(await Host.JsonAsync("status"))["run"]!;
        Assert.NotEmpty(run);
        Assert.Equal(run, (string)(await Host.JsonAsync("status?after=1"))["run"]!);
        await using var other = await DashboardHost.StartAsync();
        Assert.NotEqual(run, (string)(await other.JsonAsync("status"))["run"]!);
    }

    [Fact]
    public async Task A_lane_has_its_watermark()
    {
        await using var host = await DashboardHost.StartAsync(lanes: 1);
        Assert.Null((await LaneAsync())["watermark"]);
        for (var i = 0; i < 3; i++) await host.PublishAsync("earthquakes", "tremor");
        await host.PublishAsync("earthquakes", "hang");
        await Api.UntilAsync(async () => (string?)(await LaneAsync())["watermark"] == "2");
        Assert.Equal(("3", "3"), ((string?)(await LaneAsync())["position"], (string?)(await LaneAsync())["lastRead"]));
        host.Gate.LetGo();
        await Api.UntilAsync(async () => (string?)(await LaneAsync())["watermark"] == "3");

        async Task<System.Text.Json.Nodes.JsonNode> LaneAsync()
        {
            await Api.UntilAsync(async () => (int)(await host.JsonAsync($"lanes?handler={Alerts}"))["count"]! == 1);
            return (await host.JsonAsync($"lanes?handler={Alerts}"))["lanes"]![0]!;
        }
    }

    [Fact]
    public async Task The_page_is_below_100_KB_and_kept_while_it_is_the_same()
    {
        var all = 0;
        foreach (var file in (string[])["", "app.js", "app.css", "ask.js", "charts.js", "dom.js", "handler.js", "letters.js", "icon.svg"])
        {
            using var response = await Host.Http.GetAsync($"/handlers/{file}");
            Assert.True(response.IsSuccessStatusCode, file);
            all += (await response.Content.ReadAsByteArrayAsync()).Length;
            Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            using var again = new HttpRequestMessage(HttpMethod.Get, $"/handlers/{file}");
            again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
            Assert.Equal(HttpStatusCode.NotModified, (await Host.Http.SendAsync(again)).StatusCode);
        }

        Assert.InRange(all, 10 * 1024, 100 * 1024);
    }

    [Fact]
    public async Task The_page_stands_at_a_folder()
    {
        using var response = await Host.Http.GetAsync("/handlers");
        Assert.Equal((HttpStatusCode.Redirect, "handlers/"), (response.StatusCode, response.Headers.Location!.ToString()));
    }

    [Fact]
    public async Task The_root_behind_a_base_is_a_folder_too()
    {
        await using var host = await DashboardHost.StartAsync(o => o.Path = "/", use: app => app.UsePathBase("/shop").UseRouting());
        using var response = await host.Http.GetAsync("/shop");
        Assert.Equal((HttpStatusCode.Redirect, "shop/"), (response.StatusCode, response.Headers.Location?.ToString()));
        Assert.Contains("<title>", await host.Http.GetStringAsync("/shop/"), StringComparison.Ordinal);
        Assert.True((await host.Http.GetAsync("/shop/api/status")).IsSuccessStatusCode);
    }

    [Theory]
    [InlineData("GET", "lanes?handler=Alerts.OnEarthquake&sort=rubbish", 400)]
    [InlineData("GET", "lanes?handler=Alerts.OnEarthquake&take=-1", 400)]
    [InlineData("GET", "lanes?handler=Alerts.OnEarthquake&skip=99999999999&take=99999999999", 200)]
    [InlineData("GET", "lanes", 404)]
    [InlineData("GET", "in-flight?handler=", 404)]
    [InlineData("GET", "status?after=-1", 400)]
    [InlineData("GET", "status?after=9223372036854775807", 200)]
    [InlineData("GET", "status?after=9223372036854775808", 400)]
    [InlineData("GET", "failures?handler=%00%F0%9F%98%80", 404)]
    [InlineData("POST", "status", 405)]
    [InlineData("DELETE", "lanes", 405)]
    [InlineData("GET", "nothing", 404)]
    public async Task Rubbish_is_refused(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/handlers/api/{path}");
        using var response = await Host.Http.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        if (response.Content.Headers.ContentType?.MediaType is { } type) Assert.EndsWith("json", type, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bounds_of_buckets_are_those_of_baseplate_to_the_letter()
    {
        await using var host = await DashboardHost.StartAsync(configure: b => b.Configuration["Handlers:CompatibilityMetrics"] = "true");
        await host.PublishAsync("payments", "good");
        await host.PublishAsync("payments", "a bad card");
        Family? time = null;
        await Api.UntilAsync(async () => (time = (await ReadAsync(host)).SingleOrDefault(f => f.Name == "kafka_consumer_message_processing_time_seconds"))?.Samples.Count == 2 * (16 + 2));
        Assert.Equal(
            ["0.0001", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "5.0", "15.0", "30.0", "+Inf"],
            time!.Samples.Where(s => s.Name.EndsWith("_bucket", StringComparison.Ordinal) && s.Label("kafka_success") == "true").Select(s => s.Label("le")));
        var total = (await ReadAsync(host)).Single(f => f.Name == "kafka_consumer_messages_processed_total");
        Assert.Equal(("counter", 1, 1), (total.Type, total.Samples.Single(s => s.Label("kafka_success") == "true" && s.Label("kafka_topic") == "payments").Value, total.Samples.Single(s => s.Label("kafka_success") == "false" && s.Label("kafka_topic") == "payments").Value));
        Assert.All(total.Samples, s => Assert.Equal("", s.Label("kafka_client_name")));
        Assert.Equal("gauge", (await ReadAsync(host)).Single(f => f.Name == "kafka_consumer_active_messages").Type);
    }

    private static async Task<IReadOnlyList<Family>> ReadAsync(DashboardHost host) => StrictParser.Parse(await host.Http.GetStringAsync("/metrics"));

    public sealed class Stage : IAsyncLifetime
    {
        public DashboardHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Host = await DashboardHost.StartAsync(lanes: 1000);
            await Api.UntilAsync(() => Host.Status.Handlers.Sum(h => h.Lanes.Count) == 1004);
        }

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}
