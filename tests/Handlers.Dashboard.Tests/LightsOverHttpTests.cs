using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Handlers.Embedded;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Handlers.Dashboard.Tests;

/// <summary>What an orchestrator sees while things go wrong, in real time: the right light is red within ten seconds and green again after.</summary>
public sealed class LightsOverHttpTests
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_broker_that_is_away_turns_ready_red_and_not_live()
    {
        await using var host = await DashboardHost.StartAsync();
        await UntilAsync(host, "startup", HttpStatusCode.OK);
        await UntilAsync(host, "ready", HttpStatusCode.OK);
        host.Broker.IsAway = true;
        var answer = await UntilAsync(host, "ready", HttpStatusCode.ServiceUnavailable);
        Assert.Contains(answer["troubles"]!.AsArray(), t => (string)t!["kind"]! == "broker-away");
        Assert.Equal(HttpStatusCode.OK, (await LookAsync(host, "live")).Status);
        Assert.Equal(HttpStatusCode.OK, (await LookAsync(host, "startup")).Status); // once green, green for ever
        host.Broker.IsAway = false;
        Assert.Empty((await UntilAsync(host, "ready", HttpStatusCode.OK))["troubles"]!.AsArray());
    }

    [Fact]
    public async Task A_handler_that_hangs_is_named_with_lane_position_and_age()
    {
        await using var host = await DashboardHost.StartAsync();
        await UntilAsync(host, "ready", HttpStatusCode.OK);
        await host.PublishAsync("payments", "hang");
        var trouble = Assert.Single((await UntilAsync(host, "ready", HttpStatusCode.ServiceUnavailable))["troubles"]!.AsArray());
        Assert.Equal(("hung", "Payments.OnPayment", "0"), ((string)trouble!["kind"]!, (string)trouble["handler"]!, (string)trouble["position"]!));
        Assert.StartsWith("payments/", (string)trouble["lane"]!, StringComparison.Ordinal);
        Assert.True((double)trouble["age"]! >= 1);
        host.Gate.LetGo();
        await UntilAsync(host, "ready", HttpStatusCode.OK);
    }

    [Fact]
    public async Task Of_many_troubles_twenty_are_told_and_how_many_more_there_are()
    {
        await using var host = await DashboardHost.StartAsync(lanes: 30);
        await UntilAsync(host, "ready", HttpStatusCode.OK);
        for (var i = 0; i < 30; i++) await host.PublishAsync("earthquakes", "hang");
        await Api.UntilAsync(async () => (int?)(await LookAsync(host, "ready")).Answer["moreTroubles"] == 10);
        var answer = (await LookAsync(host, "ready")).Answer;
        Assert.Equal(20, answer["troubles"]!.AsArray().Count);
        Assert.Equal(20, (await host.JsonAsync("status"))["troubles"]!.AsArray().Count);
    }

    [Fact]
    public async Task An_embedded_log_that_goes_and_a_handler_that_hangs_on_it_turn_ready_red_and_green_again()
    {
        var folder = Directory.CreateTempSubdirectory("handlers-http-lights-").FullName;
        try
        {
            await using var host = await DashboardHost.StartAsync(transport: h => h.UseEmbedded(o =>
            {
                o.Folder = folder;
                o.Partitions = 2;
                o.PollInterval = TimeSpan.FromMilliseconds(20);
                o.Durability = Durability.ProcessLoss;
            }));
            await UntilAsync(host, "startup", HttpStatusCode.OK);
            await UntilAsync(host, "ready", HttpStatusCode.OK);
            Directory.Move(folder, folder + ".away");
            var away = await UntilAsync(host, "ready", HttpStatusCode.ServiceUnavailable);
            Assert.Contains(away["troubles"]!.AsArray(), t => (string)t!["kind"]! == "broker-away");
            Assert.Equal(HttpStatusCode.OK, (await LookAsync(host, "live")).Status);
            Directory.Move(folder + ".away", folder);
            await UntilAsync(host, "ready", HttpStatusCode.OK);

            var publisher = host.Services.GetRequiredService<IPublisher>();
            await publisher.PublishAsync(new OutgoingMessage { Topic = "payments", Body = OutgoingMessage.Utf8("hang") });
            var hung = await UntilAsync(host, "ready", HttpStatusCode.ServiceUnavailable);
            Assert.Contains(hung["troubles"]!.AsArray(), t => ((string)t!["kind"]!, (string)t["handler"]!, (string)t["position"]!) == ("hung", "Payments.OnPayment", "1"));
            host.Gate.LetGo();
            await UntilAsync(host, "ready", HttpStatusCode.OK);
            Assert.Equal(1, host.Status.Handlers.Single(h => h.Name == "Payments.OnPayment").Counts.Handled);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_applications_own_checks_count_for_the_light_of_their_tag()
    {
        var healthy = new ConcurrentQueue<HealthStatus>([HealthStatus.Unhealthy, HealthStatus.Degraded]);
        await using var host = await DashboardHost.StartAsync(configure: b => b.Services.AddHealthChecks()
            .AddCheck("database", () => new(healthy.TryDequeue(out var status) ? status : HealthStatus.Healthy, "The database is slow."), ["ready"]));
        await UntilAsync(host, "startup", HttpStatusCode.OK);
        var (status, answer) = await LookAsync(host, "ready");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "red"), (status, (string)answer["status"]!));
        Assert.Equal("The database is slow.", (string)answer["checks"]![0]!["text"]!);
        (status, answer) = await LookAsync(host, "ready");
        Assert.Equal((HttpStatusCode.OK, "yellow"), (status, (string)answer["status"]!));
        Assert.Equal("green", (string)(await LookAsync(host, "ready")).Answer["status"]!);
    }

    [Fact]
    public async Task The_page_goes_on_while_the_broker_is_away()
    {
        await using var host = await DashboardHost.StartAsync();
        await UntilAsync(host, "ready", HttpStatusCode.OK);
        host.Broker.IsAway = true;
        await Api.UntilAsync(async () => (string)(await host.JsonAsync("status"))["lights"]!["ready"]! == "red");
        Assert.Contains((await host.JsonAsync("status"))["troubles"]!.AsArray(), t => (string)t!["kind"]! == "broker-away");
        host.Broker.IsAway = false;
        await Api.UntilAsync(async () => (string)(await host.JsonAsync("status"))["lights"]!["ready"]! == "green");
    }

    private static async Task<JsonNode> UntilAsync(DashboardHost host, string light, HttpStatusCode status)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var (seen, answer) = await LookAsync(host, light);
            if (seen == status) return answer;
            Assert.True(Stopwatch.GetElapsedTime(began) < Within, $"{light} is still {seen}: {answer.ToJsonString()}");
            await Task.Delay(100);
        }
    }

    private static async Task<(HttpStatusCode Status, JsonNode Answer)> LookAsync(DashboardHost host, string light)
    {
        using var response = await host.Http.GetAsync($"/health/{light}");
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}
