using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Handlers.Kinesis.Peers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Handlers.Kinesis.Tests;

/// <summary>What spans, metrics, status and health tell of Kinesis, as docs/telemetry.md has it.</summary>
public sealed class KinesisTelemetryTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Spans_metrics_status_and_health_tell_of_shards_their_lag_and_their_leases()
    {
        await using var hosts = await KinesisHosts.BeginAsync(2);
        var tables = await Servers.DynaliteAsync();
        await using var proxy = await KinesisProxy.StartAsync(hosts.Endpoint, Stop);
        var behind = 90_000;
        proxy.Rewrite("GetRecords", answer => answer["MillisBehindLatest"] = JsonValue.Create(Volatile.Read(ref behind))); // which kinesalite does not tell
        using var heard = new Heard(hosts.Stream);
        await hosts.PutAsync("1");
        var host = await hosts.StartAsync(
            options => (options.Endpoint, options.Leases) = (proxy.Endpoint, new KinesisLeaseOptions { Endpoint = tables, Table = hosts.Stream, LeaseTime = TimeSpan.FromSeconds(2) }),
            builder => builder.Services.AddHealthChecks().AddStreamHandlers());
        await host.Services.GetRequiredService<IPublisher>().PublishAsync(new OutgoingMessage { Topic = hosts.Stream, Body = OutgoingMessage.Utf8("2") }, Stop);
        await hosts.HandledAsync(2);
        var status = host.Services.GetRequiredService<HandlersStatus>();
        var shards = (await hosts.ShardsAsync()).Select(static s => s.ShardId).Order().ToList();

        await hosts.UntilAsync(() => status.Handlers.Single() is { Lanes.Count: 2, PollAge: not null } h && h.Lanes.All(static l => l.State.LagTime == TimeSpan.FromSeconds(90)), "lanes are 90 s behind");
        Assert.All(status.Handlers.Single().Lanes, static l => Assert.False(l.IsCaughtUp));
        Assert.Equal(shards, heard.Look("handlers.lane.lag.time").Where(static m => m.Value == 90).Select(static m => m.Tags["messaging.destination.partition.id"]).Order());
        Assert.Empty(heard.Look("handlers.lane.lag"));
        Assert.Empty(heard.Look("handlers.lane.watermark")); // positions are no plain numbers
        Assert.Equal(2, Assert.Single(heard.Look("handlers.lanes")).Value);
        Assert.Equal(2, Assert.Single(heard.Look("handlers.messages.handled")).Value);

        Volatile.Write(ref behind, 0);
        await status.WhenCaughtUpAsync(Stop);
        Assert.All(heard.Look("handlers.lane.lag.time"), static m => Assert.Equal(0, m.Value));

        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Stop);
        var entry = Assert.Single(health.Entries).Value;
        Assert.Equal((HealthStatus.Healthy, 2), (entry.Status, entry.Data["Search.OnPaper.lanes"]));
        Assert.True((double)entry.Data["Search.OnPaper.poll_age"] < 60);

        await hosts.UntilAsync(() => heard.Spans("receive").Any() && heard.Spans("process").Count() == 2 && heard.Spans("send").Any(), "the spans have ended");
        Assert.All(heard.All, static s => Assert.Equal("aws.kinesis", s.GetTagItem("messaging.system")));
        Assert.Equal(hosts.Handled.Select(static h => (h.Shard, h.Position.ToString())).Order(), heard.Spans("process").Select(static s => ((string)s.GetTagItem("messaging.destination.partition.id")!, (string)s.GetTagItem("handlers.position")!)).Order());
        Assert.All(heard.Spans("process"), static s => Assert.Equal((KinesisHosts.Group, "handled"), (s.GetTagItem("messaging.consumer.group.name"), s.GetTagItem("handlers.outcome"))));
    }

    [Fact]
    public async Task Calls_that_are_throttled_and_records_that_come_again_are_counted()
    {
        await using var hosts = await KinesisHosts.BeginAsync();
        await using var proxy = await KinesisProxy.StartAsync(hosts.Endpoint, Stop);
        proxy.Fail("GetRecords", "ProvisionedThroughputExceededException", count: 3);
        await hosts.PutAsync("1");
        var host = await hosts.StartAsync(options => (options.Endpoint, options.CheckpointFolder) = (proxy.Endpoint, hosts.Folder));
        await hosts.HandledAsync(1);
        Assert.Equal((3, 0), (Count(host, "handlers.transport.throttled"), Count(host, "handlers.transport.replayed")));
        await KinesisHosts.StopAsync(host);

        host = await hosts.StartAsync(options => options.CheckpointFolder = hosts.Folder);
        await hosts.PutAsync("2");
        await hosts.HandledAsync(2);
        await hosts.UntilAsync(() => Count(host, "handlers.transport.replayed") == 1, "the last handled record came again and is counted");
        Assert.Equal(["1", "2"], hosts.Bodies());
    }

    private static double Count(IHost host, string name) => Assert.Single(host.Services.GetRequiredService<HandlersMetrics>().Read().Single(f => f.Name == name).Series).Value;

    /// <summary>What is told of one stream: other tests run beside this one.</summary>
    private sealed class Heard : IDisposable
    {
        private readonly MeterListener meters = new();
        private readonly ActivityListener activities;
        private readonly ConcurrentQueue<(string Name, double Value, Dictionary<string, string?> Tags)> looked = new();
        private readonly ConcurrentQueue<Activity> spans = new();

        public Heard(string stream)
        {
            meters.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == HandlersTelemetry.Name && instrument.IsObservable) listener.EnableMeasurementEvents(instrument);
            };
            meters.SetMeasurementEventCallback<long>((i, value, tags, _) => Add(i, value, tags));
            meters.SetMeasurementEventCallback<int>((i, value, tags, _) => Add(i, value, tags));
            meters.SetMeasurementEventCallback<double>((i, value, tags, _) => Add(i, value, tags));
            meters.Start();
            activities = new ActivityListener
            {
                ShouldListenTo = static source => source.Name == HandlersTelemetry.Name,
                Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = span =>
                {
                    if ((string?)span.GetTagItem("messaging.destination.name") == stream) spans.Enqueue(span);
                },
            };
            ActivitySource.AddActivityListener(activities);

            void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
            {
                var named = tags.ToArray().ToDictionary(static t => t.Key, static t => t.Value?.ToString());
                if (named.GetValueOrDefault("messaging.destination.name") == stream && named["messaging.system"] == "aws.kinesis") looked.Enqueue((instrument.Name, value, named));
            }
        }

        public IEnumerable<Activity> All => spans;

        public IEnumerable<Activity> Spans(string operation) => spans.Where(s => s.OperationName.StartsWith(operation + ' ', StringComparison.Ordinal));

        /// <summary>As it is now.</summary>
        public List<(string Name, double Value, Dictionary<string, string?> Tags)> Look(string instrument)
        {
            looked.Clear();
            meters.RecordObservableInstruments();
            return [.. looked.Where(m => m.Name == instrument)];
        }

        public void Dispose()
        {
            meters.Dispose();
            activities.Dispose();
        }
    }
}
