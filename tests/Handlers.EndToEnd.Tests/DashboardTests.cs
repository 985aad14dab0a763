using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Handlers.EndToEnd.Tests;

/// <summary>The sample Dashboard as its users run it.</summary>
public sealed class DashboardTests : IDisposable
{
    private const int Events = 1707;

    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task While_it_follows_its_page_metrics_and_API_are_where_it_says_and_an_interrupt_ends_it_well()
    {
        var stop = TestContext.Current.CancellationToken;
        var address = $"http://127.0.0.1:{FreePort()}";
        using var run = QuickStartRun.StartProgram("Dashboard", $"--data \"{workplace.Data}\" --reset --follow --urls {address}");
        await UntilAsync(run, "Caught up. Ctrl+C stops.", stop);
        Assert.Contains($"The page is at {address}/handlers/, metrics at /metrics, health at /health/ready.", run.Output, StringComparison.Ordinal);

        using var http = new HttpClient { BaseAddress = new Uri(address) };
        Assert.Contains("<script type=\"module\"", await http.GetStringAsync("/handlers/", stop), StringComparison.Ordinal);
        var metrics = await http.GetStringAsync("/metrics", stop);
        foreach (var family in (string[])["kafka_consumer_messages_processed_total", "kafka_consumer_active_messages", "kafka_consumer_message_processing_time_seconds", "handlers_messages_handled_total"])
            Assert.Contains($"\n# TYPE {family} ", metrics, StringComparison.Ordinal);
        var processed = Regex.Match(metrics, """^kafka_consumer_messages_processed_total\{(?=[^}]*kafka_topic="earthquakes")(?=[^}]*kafka_success="true")[^}]*\} (\d+)$""", RegexOptions.Multiline);
        var status = JsonNode.Parse(await http.GetStringAsync("/handlers/api/status", stop))!;
        Assert.Equal("green", (string)status["lights"]!["startup"]!);
        var handled = status["handlers"]!.AsArray().Where(h => (string)h!["topic"]! == "earthquakes").Select(h => (long)h!["counts"]!["handled"]!).ToList();
        Assert.Contains(Events, handled);
        Assert.Equal(handled.Sum(), long.Parse(processed.Groups[1].Value, CultureInfo.InvariantCulture));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready", stop)).StatusCode);

        run.Interrupt();
        Assert.Equal(0, await run.ExitAsync());
        Assert.EndsWith($"read {Events} handled {Events} invalid 0 failed 0 lost 0", run.Output.TrimEnd(), StringComparison.Ordinal);
    }

    private static async Task UntilAsync(QuickStartRun run, string line, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!run.Output.Contains(line, StringComparison.Ordinal))
        {
            Assert.False(run.HasExited, $"{run.Output}\n{run.Errors}");
            await Task.Delay(50, patience.Token);
        }
    }

    private static int FreePort()
    {
        using var any = new TcpListener(IPAddress.Loopback, 0);
        any.Start();
        return ((IPEndPoint)any.LocalEndpoint).Port;
    }
}
