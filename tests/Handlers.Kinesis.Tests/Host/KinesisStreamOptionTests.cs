using Amazon.Kinesis.Model;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Kinesis.Tests;

/// <summary>What Stream (KINESIS_STREAM) and ShardId mean: they are of the one topic that the handlers read, wherever it is named, and of no other.</summary>
public sealed class KinesisStreamOptionTests
{
    private const string Handler = "Search.OnPaper";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dead_letter_is_published_looked_at_and_put_back_to_the_stream_that_it_came_from()
    {
        await using var hosts = await KinesisHosts.BeginAsync(2);
        var (topic, dead) = ($"papers-{Guid.NewGuid():N}", $"dead-{Guid.NewGuid():N}");
        await hosts.Client.CreateStreamAsync(new CreateStreamRequest { StreamName = dead, ShardCount = 1 }, Stop);
        var second = (await hosts.ShardsAsync())[1]; // which the dead letters' stream does not have
        await hosts.PutAsync("bad", second.HashKeyRange.StartingHashKey);
        var fails = true;
        hosts.Handle = (_, _) => Volatile.Read(ref fails) ? throw new InvalidOperationException("not yet") : default;
        var host = await hosts.StartAsync(
            options => (options.Stream, options.ShardId, options.CheckpointFolder, options.ExplicitHashKey) =
                (hosts.Stream, second.ShardId, hosts.Folder, m => m.Topic == topic ? second.HashKeyRange.StartingHashKey : null),
            Settings((nameof(HandlerSettings.DeadLetter), dead)), topic);
        var letters = host.Services.GetRequiredService<DeadLetters>();
        LettersSeen? seen = null;
        await hosts.UntilAsync(async () => (seen = await letters.LookAsync(dead, stop: Stop)).Letters.Count > 0, "there is a dead letter");
        Assert.Equal(topic, Assert.Single(seen!.Letters).OriginTopic);

        Volatile.Write(ref fails, false);
        Assert.Equal(1, (await letters.RedriveAsync(dead, stop: Stop)).PutBack);
        await hosts.HandledAsync(1);
        Assert.Equal([second.ShardId], hosts.Handled.Select(static h => h.Shard));

        var reader = host.Services.GetRequiredService<HandlersRuntime>().Transport("default").Reader!;
        Assert.Equal(2, (await reader.LanesAsync(topic, Stop)).Count);
        var position = (await reader.PositionsAsync(KinesisHosts.Group, [topic], Stop)).Single(p => p.Partition == second.ShardId);
        Assert.Equal(topic, position.Topic);
        Assert.NotNull(position.Handled);
        var topics = await reader.TopicsAsync(Stop);
        Assert.Contains(topic, topics);
        Assert.DoesNotContain(hosts.Stream, topics);
        await hosts.Client.DeleteStreamAsync(new DeleteStreamRequest { StreamName = dead }, Stop);
    }

    [Fact]
    public async Task A_process_that_only_redrives_knows_the_stream_too()
    {
        await using var hosts = await KinesisHosts.BeginAsync();
        var topic = $"papers-{Guid.NewGuid():N}";
        var host = hosts.Build(options => (options.Stream, options.CheckpointFolder) = (hosts.Stream, hosts.Folder), null, topic);
        await host.Services.GetRequiredService<IPublisher>().PublishAsync(new OutgoingMessage { Topic = topic, Body = OutgoingMessage.Utf8("1") }, Stop);
        var iterator = await hosts.Client.GetShardIteratorAsync(new GetShardIteratorRequest { StreamName = hosts.Stream, ShardId = "shardId-000000000000", ShardIteratorType = "TRIM_HORIZON" }, Stop);
        Assert.Single((await hosts.Client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator.ShardIterator }, Stop)).Records);
    }

    [Fact]
    public async Task Retry_topics_are_streams_of_their_own_name_beside_the_one_that_is_named()
    {
        await using var hosts = await KinesisHosts.BeginAsync();
        await hosts.PutAsync("1");
        var failed = 0;
        hosts.Handle = (_, _) => Interlocked.Increment(ref failed) == 1 ? throw new InvalidOperationException("not yet") : default;
        await hosts.StartAsync(
            options => (options.Stream, options.ShardId, options.CheckpointFolder, options.CreateStreams) = (hosts.Stream, "shardId-000000000000", hosts.Folder, 1),
            Settings((nameof(HandlerSettings.Ordering), nameof(Ordering.None)), (nameof(HandlerSettings.RetryTopics), "1s")), $"papers-{Guid.NewGuid():N}");
        await hosts.HandledAsync(1);
        Assert.Equal(["1"], hosts.Bodies());
    }

    [Theory]
    [InlineData(nameof(KinesisOptions.Stream), "KINESIS_STREAM")]
    [InlineData(nameof(KinesisOptions.ShardId), "KINESIS_SHARD_ID")]
    public async Task Two_topics_with_one_stream_or_shard_are_an_error_at_the_start_whatever_their_groups(string option, string setting)
    {
        await using var hosts = await KinesisHosts.BeginAsync(0);
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => hosts.StartAsync(
            options => (options.Stream, options.ShardId, options.CheckpointFolder) = (option == nameof(options.Stream) ? hosts.Stream : null, option == nameof(options.ShardId) ? "shardId-000000000000" : null, hosts.Folder),
            static builder => HandlersBuilder.For(builder.Services).Add(new HandlerRegistration<string>
            {
                Name = "Other.OnNote",
                Declared = new HandlerSettings { Topic = "notes", Group = "other" },
                PayloadType = "string",
                Reads = MessageParts.All,
                Unpack = Payload.Text,
                Dispatch = static (string _, in HandlerCall _) => default,
            }),
            "papers"));
        foreach (var part in (string[])["'papers'", "'notes'", option, setting, "Handlers:Topics"]) Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private static Action<IHostApplicationBuilder> Settings(params (string Key, string Value)[] settings) =>
        builder => builder.Configuration.AddInMemoryCollection(settings.Select(static s => KeyValuePair.Create<string, string?>($"Handlers:{Handler}:{s.Key}", s.Value)));
}
