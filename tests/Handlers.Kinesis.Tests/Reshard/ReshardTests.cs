using System.Collections.Concurrent;
using System.Globalization;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Handlers.Kinesis.Peers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Kinesis.Tests;

/// <summary>Shards that are split and merged while several workers of one group read them and messages come all the time.</summary>
public sealed class ReshardTests : IAsyncDisposable
{
    private const int Keys = 40;

    private readonly string stream = $"reshard-{Guid.NewGuid():N}";
    private readonly ConcurrentQueue<(int Key, int Number, string Shard)> handled = new();
    private readonly List<IHost> hosts = [];
    private readonly int[] published = new int[Keys]; // the last acknowledged number of each key
    private AmazonKinesisClient client = null!;
    private string endpoint = "";
    private string tables = "";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
        {
            await host.StopAsync(CancellationToken.None);
            host.Dispose();
        }

        if (client is null) return;
        await client.DeleteStreamAsync(new DeleteStreamRequest { StreamName = stream }, CancellationToken.None);
        client.Dispose();
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)] // whose last answers name a shard's children
    public async Task Three_workers_handle_every_message_and_keep_the_order_of_each_key_through_a_split_and_a_merge(bool isLocal)
    {
        (endpoint, tables) = (isLocal ? await Servers.OwnKinesisLocalAsync() : await Servers.OwnKinesaliteAsync(), await Servers.DynaliteAsync());
        client = new AmazonKinesisClient(Emulator.AccessKey, Emulator.SecretKey, new AmazonKinesisConfig { ServiceURL = endpoint, AuthenticationRegion = Emulator.Region });
        await client.CreateStreamAsync(new CreateStreamRequest { StreamName = stream, ShardCount = 2 }, Stop);
        await ActiveAsync();
        for (var i = 0; i < 3; i++) hosts.Add(await StartAsync());

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var publishing = PublishAsync(hosts[0].Services.GetRequiredService<IPublisher>(), enough.Token);
        await HandledAsync(500);
        var two = await OpenAsync();
        var (first, second) = (two[0], two[1]);
        var (from, to) = (UInt128.Parse(first.HashKeyRange.StartingHashKey, CultureInfo.InvariantCulture), UInt128.Parse(first.HashKeyRange.EndingHashKey, CultureInfo.InvariantCulture));
        await client.SplitShardAsync(new SplitShardRequest { StreamName = stream, ShardToSplit = first.ShardId, NewStartingHashKey = (from + ((to - from) / 2)).ToString(CultureInfo.InvariantCulture) }, Stop);
        await ActiveAsync();
        await HandledAsync(handled.Count + 1_000);
        var upper = (await OpenAsync()).Single(s => s.ParentShardId == first.ShardId && s.HashKeyRange.EndingHashKey == first.HashKeyRange.EndingHashKey);
        await client.MergeShardsAsync(new MergeShardsRequest { StreamName = stream, ShardToMerge = upper.ShardId, AdjacentShardToMerge = second.ShardId }, Stop);
        await ActiveAsync();
        await HandledAsync(handled.Count + 1_000);
        await enough.CancelAsync();
        await publishing;

        await UntilAsync(() => handled.Distinct().Count() == published.Sum(), () => $"{handled.Distinct().Count()} of {published.Sum()} messages are handled");
        foreach (var key in handled.GroupBy(h => h.Key))
        {
            // What was handled and not committed at a hand-over comes again, in order too.
            var last = 0;
            foreach (var (_, number, _) in key)
            {
                Assert.True(number <= last + 1, $"Message {number} of key {key.Key} came before message {last + 1}.");
                last = Math.Max(last, number);
            }
        }

        HandledShards.AssertParentsFirst(handled.Select(static h => ((h.Number * Keys) + h.Key, h.Shard)), (await client.ListShardsAsync(new ListShardsRequest { StreamName = stream }, Stop)).Shards);
        var open = await OpenAsync();
        Assert.Equal(2, open.Count);
        Assert.Equal(2, open.Single(s => s.AdjacentParentShardId is not null) is { } merged ? new[] { merged.ParentShardId, merged.AdjacentParentShardId }.Distinct().Count() : 0);
        Assert.All(hosts, h => Assert.Empty(h.Services.GetRequiredService<HandlersStatus>().Failures));
    }

    private async Task<IHost> StartAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "reshard" });
        builder.Configuration["Handlers:CommitInterval"] = "100ms";
        HandlersBuilder.For(builder.Services).UseKinesis(options =>
        {
            (options.Endpoint, options.Region, options.AccessKey, options.SecretKey) = (endpoint, Emulator.Region, Emulator.AccessKey, Emulator.SecretKey);
            options.Start = StartFrom.Earliest;
            options.Leases = new KinesisLeaseOptions { Endpoint = tables, Table = stream, LeaseTime = TimeSpan.FromSeconds(2) };
            options.FetchInterval = TimeSpan.FromMilliseconds(10);
        }).Add(new HandlerRegistration<string>
        {
            Name = "Resharded",
            Declared = new HandlerSettings { Topic = stream, Group = "reshard" },
            PayloadType = "string",
            Unpack = Payload.Text,
            Dispatch = (string body, in HandlerCall call) =>
            {
                var parts = body.Split(' ');
                handled.Enqueue((int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture), call.Context.Lane.Partition));
                return default;
            },
        });
        var host = builder.Build();
        await host.StartAsync(Stop);
        return host;
    }

    /// <summary>A message of each key a round, numbered from 1.</summary>
    private async Task PublishAsync(IPublisher publisher, CancellationToken enough)
    {
        for (var number = 1; !enough.IsCancellationRequested; number++)
        {
            await publisher.PublishAsync([.. Enumerable.Range(0, Keys).Select(key => new OutgoingMessage { Topic = stream, Key = OutgoingMessage.Utf8($"key {key}"), Body = OutgoingMessage.Utf8($"{key} {number}") })], CancellationToken.None);
            Array.Fill(published, number);
        }
    }

    private async Task<List<Amazon.Kinesis.Model.Shard>> OpenAsync() =>
        [.. (await client.ListShardsAsync(new ListShardsRequest { StreamName = stream }, Stop)).Shards.Where(s => s.SequenceNumberRange.EndingSequenceNumber is null).OrderBy(s => UInt128.Parse(s.HashKeyRange.StartingHashKey, CultureInfo.InvariantCulture))];

    private Task ActiveAsync() => UntilAsync(
        async () => (await client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = stream }, Stop)).StreamDescriptionSummary.StreamStatus == StreamStatus.ACTIVE, () => "the stream is not active");

    private Task HandledAsync(int count) => UntilAsync(() => handled.Count >= count, () => $"{handled.Count} of {count} messages are handled");

    private static Task UntilAsync(Func<bool> holds, Func<string> what) => UntilAsync(() => Task.FromResult(holds()), what);

    private static async Task UntilAsync(Func<Task<bool>> holds, Func<string> what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(60)) throw new TimeoutException($"It did not come: {what()}.");
            await Task.Delay(20, Stop);
        }
    }
}
