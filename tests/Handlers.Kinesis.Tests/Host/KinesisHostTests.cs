using System.Collections.Concurrent;
using Amazon.Kinesis.Model;
using Handlers.Kinesis.Peers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis.Tests;

/// <summary>What an application gets of Kinesis, through the whole host.</summary>
public sealed class KinesisHostTests
{
    private const string Shard = "shardId-000000000000";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_asks_to_begin_again_gets_its_message_again_and_none_is_lost_or_handled_twice(bool leases)
    {
        await using var hosts = await KinesisHosts.BeginAsync(2);
        var tables = leases ? await Servers.DynaliteAsync() : "";
        var asked = 0;
        hosts.Handle = (body, _) => body == "again" && Interlocked.Increment(ref asked) == 1 ? throw new RestartProcessingException("once more") : default;
        var host = await hosts.StartAsync(options =>
        {
            if (leases) options.Leases = new KinesisLeaseOptions { Endpoint = tables, Table = hosts.Stream, LeaseTime = TimeSpan.FromSeconds(2) };
            else options.CheckpointFolder = hosts.Folder; // whose lock is given back, and taken again
        });
        string[] bodies = [.. Enumerable.Range(0, 20).Select(static i => $"before {i}"), "again", .. Enumerable.Range(0, 20).Select(static i => $"after {i}")];
        foreach (var body in bodies) await hosts.PutAsync(body);
        await hosts.HandledAsync(bodies.Length);
        var status = host.Services.GetRequiredService<HandlersStatus>();
        Assert.Equal((1, 2), (status.Handlers.Single().Restarts, asked));
        Assert.Equal(bodies.Order(), hosts.Bodies().Order());
        Assert.Empty(status.Failures);
        Assert.False(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task A_handler_that_asks_to_stop_ends_the_host_with_what_it_handled_checkpointed_and_its_message_comes_at_the_next_start()
    {
        await using var hosts = await KinesisHosts.BeginAsync();
        foreach (var body in (string[])["1", "stop", "3"]) await hosts.PutAsync(body);
        hosts.Handle = static (body, _) => body == "stop" ? throw new StopProcessingException("enough") : default;
        var host = await hosts.StartAsync(options => options.CheckpointFolder = hosts.Folder);
        await host.WaitForShutdownAsync(Stop);
        Assert.Empty(host.Services.GetRequiredService<HandlersStatus>().Failures); // which would be exit code 1
        await KinesisHosts.StopAsync(host);
        Assert.Equal(["1"], hosts.Bodies());
        hosts.Handle = static (_, _) => default;
        await hosts.StartAsync(options => options.CheckpointFolder = hosts.Folder);
        await hosts.HandledAsync(3);
        Assert.Equal(["1", "stop", "3"], hosts.Bodies());
    }

    [Fact]
    public async Task A_host_stops_when_its_duration_is_over_with_all_that_it_handled_in_the_applications_own_checkpoints()
    {
        await using var hosts = await KinesisHosts.BeginAsync();
        var kept = new Kept();
        var host = await hosts.StartAsync(options => (options.Checkpoints, options.Duration) = (() => kept, TimeSpan.FromSeconds(2)));
        foreach (var body in (string[])["1", "2", "3"]) await hosts.PutAsync(body);
        await hosts.HandledAsync(3);
        await host.WaitForShutdownAsync(Stop);
        Assert.Single(hosts.Logged(4009));
        Assert.Empty(host.Services.GetRequiredService<HandlersStatus>().Failures);
        await KinesisHosts.StopAsync(host);
        Assert.Equal(1, kept.Disposed); // the group was left
        Assert.Equal((hosts.Handled.Last().Position, 0), (kept.All[new ShardKey(KinesisHosts.Group, hosts.Stream, Shard)].Handled, Environment.ExitCode));

        await hosts.PutAsync("4");
        await hosts.StartAsync(options => options.Checkpoints = () => kept);
        await hosts.HandledAsync(4);
        Assert.Equal(["1", "2", "3", "4"], hosts.Bodies());
    }

    [Fact]
    public async Task Certificates_that_nobody_trusts_are_refused_unless_it_is_said_otherwise_and_then_logged()
    {
        var endpoint = await Servers.KinesisLocalTlsAsync();
        await using var hosts = await KinesisHosts.BeginAsync(0);
        void Configure(KinesisOptions options) => (options.Endpoint, options.CheckpointFolder, options.CreateStreams, options.Retry, options.FetchInterval) =
            (endpoint, hosts.Folder, 1, new KinesisRetry(Tries: 1), TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAsync<TransportException>(() => hosts.StartAsync(Configure));
        Assert.Empty(hosts.Logged(4101));

        var host = await hosts.StartAsync(options =>
        {
            Configure(options);
            options.VerifyTls = false;
        });
        await host.Services.GetRequiredService<IPublisher>().PublishAsync(new OutgoingMessage { Topic = hosts.Stream, Body = OutgoingMessage.Utf8("1") }, Stop);
        await hosts.HandledAsync(1);
        Assert.Equal(["1"], hosts.Bodies());
        Assert.Equal(LogLevel.Warning, Assert.Single(hosts.Logged(4101)).Level);
    }

    [Fact]
    public async Task A_stream_is_made_only_when_that_is_asked_for()
    {
        await using var hosts = await KinesisHosts.BeginAsync(0);
        var error = await Assert.ThrowsAsync<TransportException>(() => hosts.StartAsync(options => options.CheckpointFolder = hosts.Folder));
        Assert.Contains(hosts.Stream, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(hosts.Stream, (await hosts.Client.ListStreamsAsync(new ListStreamsRequest { Limit = 10_000 }, Stop)).StreamNames);
        await hosts.StartAsync(options => (options.CheckpointFolder, options.CreateStreams) = (hosts.Folder, 3));
        Assert.Equal(3, (await hosts.ShardsAsync()).Count);
    }

    [Fact]
    public async Task A_position_that_the_service_refuses_is_an_error_unless_it_may_start_over_which_is_loud()
    {
        await using var hosts = await KinesisHosts.BeginAsync(2);
        var shards = await hosts.ShardsAsync();
        await hosts.PutAsync("1", shards[0].HashKeyRange.StartingHashKey);
        var other = await hosts.PutAsync("x", shards[1].HashKeyRange.StartingHashKey);
        await File.WriteAllTextAsync(Path.Combine(hosts.Folder, $"{hosts.Stream}__{shards[0].ShardId}.json"), other.SequenceNumber, Stop);
        void Configure(KinesisOptions options) => (options.CheckpointFolder, options.ShardId, options.Stream) = (hosts.Folder, shards[0].ShardId, hosts.Stream);
        var host = await hosts.StartAsync(Configure);
        await host.WaitForShutdownAsync(Stop);
        var failure = Assert.Single(host.Services.GetRequiredService<HandlersStatus>().Failures); // which is exit code 1
        Assert.Contains(other.SequenceNumber, failure.Message, StringComparison.Ordinal);
        Assert.Contains("OnLostPosition", failure.Message, StringComparison.Ordinal);
        Assert.Empty(hosts.Handled);
        await KinesisHosts.StopAsync(host);

        await hosts.StartAsync(options =>
        {
            Configure(options);
            options.OnLostPosition = KinesisLostPosition.StartOver;
        });
        await hosts.HandledAsync(1);
        Assert.Equal(["1"], hosts.Bodies());
        Assert.Equal(LogLevel.Error, Assert.Single(hosts.Logged(4106)).Level);
    }

    [Fact]
    public async Task Secrets_are_in_no_log_when_calls_fail()
    {
        await using var hosts = await KinesisHosts.BeginAsync();
        await using var proxy = await KinesisProxy.StartAsync(hosts.Endpoint, Stop);
        proxy.Drop("DescribeStreamSummary");
        proxy.Fail("GetRecords", "ProvisionedThroughputExceededException", count: 2);
        proxy.Fail("GetRecords", "InternalFailure", 500);
        proxy.Drop("GetRecords");
        await hosts.PutAsync("1");
        var host = await hosts.StartAsync(options => (options.Endpoint, options.CheckpointFolder, options.Retry) = (proxy.Endpoint, hosts.Folder, new KinesisRetry(Delay: TimeSpan.FromMilliseconds(10))));
        await hosts.HandledAsync(1);
        proxy.Fail("GetRecords", "AccessDeniedException");
        await host.WaitForShutdownAsync(Stop); // with an error, and its stack
        Assert.NotEmpty(hosts.Logged(40));
        Assert.NotEmpty(hosts.Logged(4112));
    } // and the end of the hosts looks through all that they logged

    private sealed class Kept : ICheckpointStore
    {
        public ConcurrentDictionary<ShardKey, ShardCheckpoint> All { get; } = new();

        public int Disposed { get; private set; }

        public ValueTask<ShardCheckpoint?> ReadAsync(ShardKey shard, CancellationToken stop) => new(All.GetValueOrDefault(shard));

        public ValueTask WriteAsync(ShardKey shard, ShardCheckpoint checkpoint, CancellationToken stop)
        {
            All[shard] = checkpoint;
            return default;
        }

        public ValueTask DisposeAsync()
        {
            Disposed++;
            return default;
        }
    }
}
