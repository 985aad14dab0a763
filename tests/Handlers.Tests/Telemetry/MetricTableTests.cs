using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Tests;

/// <summary>The table of metrics, the meter, what is read without it, and the page: one and the same.</summary>
[Collection(TelemetryTests.Name)]
public sealed partial class MetricTableTests : IDisposable
{
    private readonly Heard heard = new(traces: false);

    public void Dispose() => heard.Dispose();

    [Fact]
    public async Task Every_instrument_is_in_the_table_with_a_unit_and_a_description()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default), configuration: [new("Handlers:CompatibilityMetrics", "true")]);
        Assert.Equal(
            Definitions().Select(static d => (d.Name, d.Kind, d.Unit, d.Description)).Order(),
            heard.Instruments.Values.Select(static i => (i.Name, Kind(i), i.Unit!, i.Description!)).Order());
        Assert.All(Definitions(), static d => Assert.False(d.Unit.Length == 0 || d.Description.Length == 0 || d.Labels.Count == 0, d.Name));
        Assert.All(Definitions().Where(static d => d.Kind == MetricKind.Histogram), d => Assert.Equal(d.Advised, ((Histogram<double>)heard.Instruments[d.Name]).Advice!.HistogramBucketBoundaries));
    }

    [Fact]
    public async Task The_page_has_every_metric_with_its_kind_its_unit_and_its_labels()
    {
        var page = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "docs", "telemetry.md"), TestContext.Current.CancellationToken);
        var rows = page.Select(static line => Row().Match(line)).Where(static m => m.Success)
            .Select(static m => $"{m.Groups["name"]} {m.Groups["kind"]} {m.Groups["unit"]}: {string.Join(' ', Labels(m.Groups["labels"].Value))}");
        Assert.Equal(
            Definitions().Select(static d => $"{d.Name} {d.Kind.ToString().ToLowerInvariant()} {d.Unit}: {string.Join(' ', d.Labels.Order(StringComparer.Ordinal))}").Order(StringComparer.Ordinal),
            rows.Order(StringComparer.Ordinal));
        Assert.All(Definitions().SelectMany(static d => d.Labels).Distinct().Where(static l => !l.StartsWith("kafka", StringComparison.Ordinal)), label => Assert.Contains(page, line => line.StartsWith($"| `{label}` |", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_page_has_every_attribute_of_spans()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "telemetry.md"), TestContext.Current.CancellationToken);
        var names = Constant().Matches(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "src", "Handlers", "Telemetry", "TelemetryTags.cs"), TestContext.Current.CancellationToken)).Select(static m => m.Groups[1].Value).ToList();
        Assert.Contains(TelemetryTags.Outcome, names);
        Assert.All(names, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_meter_and_what_is_read_say_the_same()
    {
        var failed = false;
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of(
                (body, _, _) => body == "fails" || (body == "fails once" && !failed && (failed = true)) ? throw new InvalidOperationException("no") : default,
                settings: s => s with { Retry = new RetrySettings { Attempts = 2, Delay = TimeSpan.Zero }, DeadLetter = "dead" }),
            partitions: 2, configuration: [new("Handlers:CompatibilityMetrics", "true"), new("Handlers:CompatibilityClientName", "events")]);
        var metrics = host.Services.GetRequiredService<HandlersMetrics>();
        metrics.Keep();
        foreach (var body in new[] { "fine", "fails", "fails once", "fine" }) await host.PublishAsync(TestHandler.Topic, body, body);
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);

        // A commit is told of when it is over, which is after it is seen.
        await host.WaitUntilAsync(() => Meter().SequenceEqual(Read(metrics)), TestContext.Current.CancellationToken);
        Assert.Equal(Meter(), Read(metrics));

        var families = metrics.Read();
        var known = Definitions().ToDictionary(static d => d.Name);
        Assert.Equal(families.Select(static f => f.Name).Order(StringComparer.Ordinal), families.Select(static f => f.Name));
        Assert.Equal(
            known.Keys.Except(["handlers.poll.age", "handlers.commit.failures", "handlers.transport.throttled", "handlers.transport.replayed"]).Order(StringComparer.Ordinal), families.Select(static f => f.Name)); // which there are none of
        Assert.All(families, f => Assert.Equal((known[f.Name].Kind, known[f.Name].Unit, known[f.Name].Description), (f.Kind, f.Unit, f.Description)));
        Assert.All(families, f => Assert.All(f.Series, s => Assert.Subset(known[f.Name].Labels.ToHashSet(), s.Labels.Select(static l => l.Key).ToHashSet())));
        Assert.All(families, f => Assert.Distinct(f.Series.Select(static s => string.Join(' ', s.Labels))));
        Assert.All(families.Where(static f => f.Kind == MetricKind.Histogram), f => Assert.All(f.Series, s => Assert.Equal(known[f.Name].Kept, s.Buckets!.Bounds)));
    }

    [Fact]
    public async Task Series_of_a_lane_go_with_it()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default), partitions: 1);
        var metrics = host.Services.GetRequiredService<HandlersMetrics>();
        metrics.Keep();
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Contains(metrics.Read(), OfLanes);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(metrics.Read(), OfLanes);
        Assert.Contains(metrics.Read(), static f => f is { Name: "handlers.messages.handled", Series: [{ Value: 1 }] });

        static bool OfLanes(MetricFamily family) => family.Series.Any(static s => s.Labels.Any(static l => l.Key == "messaging.destination.partition.id"));
    }

    [Fact]
    public async Task Lanes_are_counted_when_they_are_assigned_and_by_their_end()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default), partitions: 3);
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        heard.Look();
        Assert.Equal((3, 3, 0), (heard.Of("handlers.lanes").Single().Value, heard.Of("handlers.lanes.assigned").Single().Value, heard.Of("handlers.lanes.ended").Sum(m => m.Value)));
        await host.StopAsync(TestContext.Current.CancellationToken);
        heard.Look();
        Assert.Equal((0, 3), (heard.Of("handlers.lanes").Single().Value, heard.Of("handlers.lanes.assigned").Single().Value));
        Assert.Equal(
            [("finished", 0), ("revoked", 0), ("lost", 0), ("stopped", 3)],
            heard.Of("handlers.lanes.ended").Select(m => (m.Tags["handlers.lane.end"], m.Value)));
    }

    /// <summary>What is counted and timed, of the meter: what it was told, added up.</summary>
    private List<string> Meter()
    {
        heard.Look();
        return [.. heard.Measurements.GroupBy(static m => (m.Name, m.Labels)).Select(g => heard.Instruments[g.Key.Name] is Histogram<double>
            ? $"{g.Key.Name} {g.Key.Labels}: {g.Count()} {g.Sum(m => m.Value):0.######}"
            : $"{g.Key.Name} {g.Key.Labels}: {g.Sum(m => m.Value)}").Order(StringComparer.Ordinal)];
    }

    private static List<string> Read(HandlersMetrics metrics) =>
    [
        .. metrics.Read().SelectMany(static f => f.Series.Select(s => (f.Name, Labels: string.Join(' ', s.Labels.OrderBy(static l => l.Key, StringComparer.Ordinal).Select(static l => $"{l.Key}={l.Value}")), s)))
            .Select(static s => s.s.Buckets is { } buckets ? $"{s.Name} {s.Labels}: {buckets.Count} {buckets.Sum:0.######}" : $"{s.Name} {s.Labels}: {s.s.Value}").Order(StringComparer.Ordinal),
    ];

    private static IReadOnlyList<MetricDefinition> Definitions()
    {
        using var meter = new Meter("none");
        using var compatibility = new Compatibility(meter, "", new ReadingsOfNow([], [], [], []));
        return [.. MetricTable.Pushed, .. MetricTable.Observed.Select(static o => o.Definition), compatibility.Tally.Definition, .. compatibility.Observed.Select(static o => o.Definition)];
    }

    /// <summary>The labels that the page's words mean.</summary>
    private static IEnumerable<string> Labels(string words) => words.Split(',', StringSplitOptions.TrimEntries).SelectMany(static word => word switch
    {
        "of lanes" => ["messaging.system", "messaging.destination.name", "messaging.destination.partition.id", "messaging.consumer.group.name"],
        "of handlers" => ["messaging.system", "messaging.destination.name", "messaging.consumer.group.name", "handlers.handler"],
        "system" => ["messaging.system"],
        "destination" => ["messaging.destination.name"],
        "partition" => ["messaging.destination.partition.id"],
        "group" => ["messaging.consumer.group.name"],
        "operation name" => ["messaging.operation.name"],
        "operation type" => ["messaging.operation.type"],
        "error type" => ["error.type"],
        "handler" => ["handlers.handler"],
        "lane end" => ["handlers.lane.end"],
        _ => (string[])[word.Trim('`')],
    }).Order(StringComparer.Ordinal);

    private static MetricKind Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "ObservableGauge" => MetricKind.Gauge,
        "ObservableCounter" or "Counter" => MetricKind.Counter,
        _ => MetricKind.Histogram,
    };

    [GeneratedRegex("""const string \w+ = "([^"]+)";""")]
    private static partial Regex Constant();

    [GeneratedRegex(@"^\| `(?<name>[a-z0-9_.]+)` \| (?<kind>counter|gauge|histogram) \| (?<unit>\S+) \| (?<labels>[^|]*) \|")]
    private static partial Regex Row();
}
