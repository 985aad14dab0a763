using System.Text;
using Handlers.Kafka.Peers;

namespace Handlers.Kafka.Tests;

/// <summary>What kcat and kafkajs write our handlers receive, and what our publisher writes they read: byte for byte, with each codec.</summary>
public sealed class OtherClientsTests
{
    private const int Limit = 60_000;

    /// <summary>Long enough for a codec to be worth its while, else librdkafka leaves the record as it is.</summary>
    private static readonly string Long = string.Concat(Enumerable.Repeat("größer ", 300));

    private static readonly PeerRecord[] Records =
    [
        new("plain", Long) { Partition = 0 },
        new("tombstone", null) { Partition = 1 },
        new("empty", "") { Partition = 1 },
        new(null, "no key") { Partition = 0 },
        new("Schlüssel", "größer") { Partition = 0, Headers = [("type", "order"), ("tag", "a"), ("tag", "b"), ("empty", "")] },
    ];

    /// <summary>Each byte that there is, as key, value and header; each character stands for one.</summary>
    private static readonly string EveryByte = string.Concat(Enumerable.Range(0, 256).Select(b => (char)b));

    public static TheoryData<string, KafkaReads> CodecsAndReads => new(
        ("none", KafkaReads.Queues), ("gzip", KafkaReads.Queues), ("snappy", KafkaReads.Queues), ("lz4", KafkaReads.Queues), ("zstd", KafkaReads.Queues),
        ("none", KafkaReads.Consume), ("zstd", KafkaReads.Consume));

    [Theory(Timeout = Limit), MemberData(nameof(CodecsAndReads))]
    public async Task Handlers_receive_what_kcat_wrote(string codec, KafkaReads reads)
    {
        Assert.SkipUnless(Kcat.Missing is null, Kcat.Missing ?? "");
        await using var broker = await StartAsync();
        PeerRecord[] records = [.. Records, new("null header", "x") { Partition = 1, Headers = [("null", null), ("null", "not")] }];
        await Kcat.ProduceAsync(broker.Bootstrap, Application.Topic, records, codec, TestContext.Current.CancellationToken);
        await AssertReceivedAsync(broker, reads, records, Encoding.UTF8);
    }

    [Theory(Timeout = Limit), MemberData(nameof(CodecsAndReads))]
    public async Task Handlers_receive_what_kafkajs_wrote(string codec, KafkaReads reads)
    {
        Assert.SkipUnless(NodeClient.Missing is null, NodeClient.Missing ?? "");
        await using var broker = await StartAsync();
        PeerRecord[] records =
        [
            new("plain", new string('x', 3000)) { Partition = 0 },
            new(null, null) { Partition = 1 },
            new("", "") { Partition = 1 },
            new(EveryByte, EveryByte) { Partition = 0, Headers = [("binary", EveryByte), ("tag", "a"), ("tag", ""), ("tag", "b")] },
        ];
        await NodeClient.ProduceAsync(broker.Bootstrap, Application.Topic, records, codec, bytes: true, TestContext.Current.CancellationToken);
        await AssertReceivedAsync(broker, reads, records, Encoding.Latin1);
    }

    [Theory(Timeout = Limit)]
    [InlineData("none"), InlineData("gzip"), InlineData("snappy"), InlineData("lz4"), InlineData("zstd")]
    public async Task Kcat_and_kafkajs_read_what_is_published(string codec)
    {
        Assert.SkipUnless(Kcat.Missing is null && NodeClient.Missing is null, Kcat.Missing ?? NodeClient.Missing ?? "");
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await StartAsync();
        PeerRecord[] records =
        [
            .. Records.Select(r => r with { Partition = null }), // by its key
            new(null, null),
            new("", ""),
            new("null header", "x") { Headers = [("null", null)] },
        ];
        PeerRecord[] bytes = [new(EveryByte, EveryByte) { Headers = [("binary", EveryByte)] }];
        await using (var application = await Application.StartAsync(broker, kafka => kafka.ProducerSettings["compression.type"] = codec))
        {
            await application.Publisher.PublishAsync([.. records.Select(r => Outgoing(r, Encoding.UTF8))], stop);
            await application.Publisher.PublishAsync([.. bytes.Select(r => Outgoing(r, Encoding.Latin1) with { Topic = "bytes" })], stop);
        }

        AssertSame(records, await Kcat.ReadAsync(broker.Bootstrap, Application.Topic, stop));
        var read = await NodeClient.ReadAsync(broker.Bootstrap, Application.Topic, stop: stop);
        AssertSame(records, read);
        Assert.Equal(codec == "none" ? [] : [codec], read.SelectMany(r => r.Codecs).Distinct());
        AssertSame(bytes, await NodeClient.ReadAsync(broker.Bootstrap, "bytes", bytes: true, stop: stop));
    }

    private static async Task<Broker> StartAsync()
    {
        var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        await broker.CreateTopicAsync(Application.Topic, 2);
        await broker.CreateTopicAsync("bytes", 1);
        return broker;
    }

    private static async Task AssertReceivedAsync(Broker broker, KafkaReads reads, PeerRecord[] written, Encoding encoding)
    {
        await using var application = await Application.StartAsync(broker, kafka => kafka.Reads = reads);
        await application.HandlesAsync(written.Length);
        AssertSame(written, [.. application.Handled.Select(received => new PeerRecord(Text(received.Context.Key), received.Body is null ? null : encoding.GetString(received.Body))
        {
            Headers = [.. received.Context.Headers.Select(h => (h.Name, Text(h.Value)))],
            Partition = int.Parse(received.Context.Lane.Partition, System.Globalization.CultureInfo.InvariantCulture),
            Offset = received.Context.Position.Number,
            Timestamp = received.Context.Timestamp.ToUnixTimeMilliseconds(),
        })]);
        await Waiting.UntilAsync(async () => await Application.CommittedAsync(broker, 2) == written.Length, () => "They are not committed.");

        string? Text(ReadOnlyMemory<byte>? bytes) => bytes is { } text ? encoding.GetString(text.Span) : null;
    }

    private static OutgoingMessage Outgoing(PeerRecord record, Encoding encoding)
    {
        return new OutgoingMessage
        {
            Topic = Application.Topic,
            Key = Bytes(record.Key),
            Body = Bytes(record.Value),
            Headers = new Headers(record.Headers.Select(h => new Header(h.Name, Bytes(h.Value)))),
        };

        ReadOnlyMemory<byte>? Bytes(string? text) => text is null ? default(ReadOnlyMemory<byte>?) : encoding.GetBytes(text);
    }

    /// <summary>In order within a partition. What was published without one is where the client put it: each record is there once.</summary>
    private static void AssertSame(PeerRecord[] written, IReadOnlyList<PeerRecord> read)
    {
        Assert.Equal(written.Select(r => r.Content).Order(StringComparer.Ordinal), read.Select(r => r.Content).Order(StringComparer.Ordinal));
        foreach (var partition in read.GroupBy(r => r.Partition))
        {
            Assert.Equal(Enumerable.Range(0, partition.Count()).Select(n => (long)n), partition.Select(r => r.Offset));
            if (written.Any(r => r.Partition is null)) continue;
            Assert.Equal(written.Where(r => r.Partition == partition.Key).Select(r => r.Content), partition.Select(r => r.Content));
        }

        Assert.All(read, r => Assert.InRange(r.Timestamp, 1_700_000_000_000, long.MaxValue));
    }
}
