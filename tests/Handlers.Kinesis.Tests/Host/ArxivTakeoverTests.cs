using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis.Tests;

/// <summary>A consumer of arXiv's is stopped, and a host begins with its settings, its folder and its stream.</summary>
public sealed class ArxivTakeoverTests
{
    [Fact]
    public async Task Its_checkpoint_is_taken_over_at_the_exact_position_by_its_own_settings()
    {
        await using var hosts = await KinesisHosts.BeginAsync();
        var numbers = new List<string>();
        foreach (var body in (string[])["1", "2", "3", "4", "5"]) numbers.Add((await hosts.PutAsync(body)).SequenceNumber);
        var theirs = Path.Combine(hosts.Folder, $"{hosts.Stream}__shardId-000000000000.json");
        await File.WriteAllTextAsync(theirs, numbers[1], TestContext.Current.CancellationToken);

        var host = await hosts.StartAsync(Settings(hosts, ("KINESIS_SHARD_ID", "shardId-000000000000"), ("KINESIS_START_TYPE", "TRIM_HORIZON")), topic: "papers");
        await hosts.HandledAsync(3);
        await KinesisHosts.StopAsync(host);
        Assert.Equal(["3", "4", "5"], hosts.Bodies());
        Assert.Equal(numbers[2..], hosts.Handled.Select(static h => h.Position.Sequence));
        Assert.Equal(LogLevel.Information, Assert.Single(hosts.Logged(4006)).Level);
        Assert.Equal(numbers[1], await File.ReadAllTextAsync(theirs, TestContext.Current.CancellationToken)); // it is theirs, and they may go back to it

        await hosts.PutAsync("6");
        await hosts.StartAsync(Settings(hosts, ("KINESIS_START_TYPE", "TRIM_HORIZON")), topic: "papers"); // and without a shard: the same checkpoints
        await hosts.HandledAsync(4);
        Assert.Equal(["3", "4", "5", "6"], hosts.Bodies());
    }

    [Fact]
    public async Task A_folder_of_several_shards_is_taken_over_whole_by_a_host_that_reads_them_all()
    {
        await using var hosts = await KinesisHosts.BeginAsync(2);
        var shards = await hosts.ShardsAsync();
        foreach (var shard in shards)
        {
            var first = await hosts.PutAsync("done", shard.HashKeyRange.StartingHashKey);
            await hosts.PutAsync($"next of {shard.ShardId}", shard.HashKeyRange.StartingHashKey);
            await File.WriteAllTextAsync(Path.Combine(hosts.Folder, $"{hosts.Stream}__{shard.ShardId}.json"), first.SequenceNumber, TestContext.Current.CancellationToken);
        }

        await hosts.StartAsync(Settings(hosts, ("KINESIS_START_TYPE", "TRIM_HORIZON")), topic: "papers");
        await hosts.HandledAsync(2);
        Assert.Equal(shards.Select(static s => $"next of {s.ShardId}").Order(), hosts.Bodies().Order());
    }

    [Fact]
    public async Task A_file_that_a_kill_left_empty_ends_the_subscription_and_loses_nothing()
    {
        await using var hosts = await KinesisHosts.BeginAsync();
        await hosts.PutAsync("1");
        var theirs = Path.Combine(hosts.Folder, $"{hosts.Stream}__shardId-000000000000.json");
        await File.WriteAllTextAsync(theirs, "", TestContext.Current.CancellationToken);
        var host = await hosts.StartAsync(Settings(hosts), topic: "papers");
        var status = host.Services.GetRequiredService<HandlersStatus>();
        await hosts.UntilAsync(() => status.Failures.Count > 0, "the subscription has ended");
        Assert.Contains(theirs, status.Failures[0].Message, StringComparison.Ordinal);
        Assert.Empty(hosts.Handled);
        Assert.False(Directory.EnumerateFiles(hosts.Folder, "*.json", SearchOption.AllDirectories).Except([theirs]).Any());
    }

    [Fact]
    public async Task A_time_without_a_zone_is_utc_and_the_log_says_so()
    {
        await using var hosts = await KinesisHosts.BeginAsync();
        await hosts.PutAsync("before");
        var host = await hosts.StartAsync(Settings(hosts, ("KINESIS_START_TYPE", "AT_TIMESTAMP"), ("KINESIS_START_AT", "2018-05-01T12:30:00")), topic: "papers");
        await hosts.HandledAsync(1);
        var (level, text) = Assert.Single(hosts.Logged(4008));
        Assert.Equal(LogLevel.Information, level);
        Assert.Contains("KINESIS_START_AT is '2018-05-01T12:30:00', without a zone: it is taken as UTC", text, StringComparison.Ordinal);
        Assert.False(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }

    private static IEnumerable<KeyValuePair<string, string?>> Settings(KinesisHosts hosts, params (string Name, string Value)[] more) => ((string Name, string Value)[])
    [
        ("KINESIS_STREAM", hosts.Stream), ("AWS_ACCESS_KEY_ID", KinesisHosts.AccessKey), ("AWS_SECRET_ACCESS_KEY", KinesisHosts.SecretKey), ("AWS_REGION", "us-east-1"),
        ("KINESIS_ENDPOINT", hosts.Endpoint), ("KINESIS_VERIFY", "true"), ("KINESIS_CHECKPOINT_VOLUME", hosts.Folder), ("KINESIS_RETRY_TRIES", "2"), ("KINESIS_RETRY_DELAY", "1"), .. more,
    ]
    is var all ? all.Select(static s => KeyValuePair.Create(s.Name, (string?)s.Value)) : [];
}
