using Handlers.Kafka.Peers;

namespace Handlers.Kafka.Tests;

/// <summary>What one of the other clients writes the others read: a peer that fails a test below is not to be blamed on the peer.</summary>
public sealed class PeerTests
{
    private const int Limit = 60_000;

    /// <summary>Long enough for a codec to be worth its while, else librdkafka leaves the record as it is.</summary>
    private static readonly string Long = new('x', 1000);

    private static readonly PeerRecord[] Records =
    [
        new("plain", Long) { Partition = 0 },
        new("tombstone", null) { Partition = 1 },
        new("empty", "") { Partition = 1 },
        new(null, "no key") { Partition = 0 },
        new("kopf", "größer") { Partition = 0, Headers = [("type", "order"), ("tag", "a"), ("tag", "b"), ("empty", "")] },
    ];

    [Theory(Timeout = Limit)]
    [InlineData("none"), InlineData("gzip"), InlineData("snappy"), InlineData("lz4"), InlineData("zstd")]
    public async Task Kcat_reads_what_it_wrote(string codec)
    {
        Assert.SkipUnless(Kcat.Missing is null, Kcat.Missing ?? "");
        await using var broker = await StartAsync();
        await Kcat.ProduceAsync(broker.Bootstrap, "topic", Records, codec, TestContext.Current.CancellationToken);
        AssertRead(Records, await Kcat.ReadAsync(broker.Bootstrap, "topic", TestContext.Current.CancellationToken));
    }

    [Theory(Timeout = Limit)]
    [InlineData("none"), InlineData("gzip"), InlineData("snappy"), InlineData("lz4"), InlineData("zstd")]
    public async Task Kafkajs_reads_what_kcat_wrote(string codec)
    {
        Assert.SkipUnless(Kcat.Missing is null && NodeClient.Missing is null, Kcat.Missing ?? NodeClient.Missing ?? "");
        await using var broker = await StartAsync();
        PeerRecord[] records = [.. Records, new("null", "x") { Partition = 1, Headers = [("null", null)] }];
        await Kcat.ProduceAsync(broker.Bootstrap, "topic", records, codec, TestContext.Current.CancellationToken);
        var read = await NodeClient.ReadAsync(broker.Bootstrap, "topic", stop: TestContext.Current.CancellationToken);
        AssertRead(records, read);
        Assert.Equal(codec == "none" ? [] : [codec], read.SelectMany(r => r.Codecs).Distinct());
    }

    [Theory(Timeout = Limit)]
    [InlineData("none"), InlineData("gzip"), InlineData("snappy"), InlineData("lz4"), InlineData("zstd")]
    public async Task Kcat_reads_what_kafkajs_wrote(string codec)
    {
        Assert.SkipUnless(Kcat.Missing is null && NodeClient.Missing is null, Kcat.Missing ?? NodeClient.Missing ?? "");
        await using var broker = await StartAsync();
        await NodeClient.ProduceAsync(broker.Bootstrap, "topic", Records, codec, stop: TestContext.Current.CancellationToken);
        AssertRead(Records, await Kcat.ReadAsync(broker.Bootstrap, "topic", TestContext.Current.CancellationToken));
    }

    private static async Task<Broker> StartAsync()
    {
        var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        await broker.CreateTopicAsync("topic", 2);
        return broker;
    }

    private static void AssertRead(IReadOnlyList<PeerRecord> written, IReadOnlyList<PeerRecord> read)
    {
        foreach (var partition in written.GroupBy(r => r.Partition))
        {
            var there = read.Where(r => r.Partition == partition.Key).ToList();
            Assert.Equal(partition.Select(r => r.Content), there.Select(r => r.Content));
            Assert.Equal(Enumerable.Range(0, there.Count).Select(n => (long)n), there.Select(r => r.Offset));
            Assert.All(there, r => Assert.InRange(r.Timestamp, 1_700_000_000_000, long.MaxValue));
        }
    }
}
