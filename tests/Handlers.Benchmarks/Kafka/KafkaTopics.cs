using Confluent.Kafka;
using Handlers.Kafka.Peers;

namespace Handlers.Benchmarks;

/// <summary>Fills topics, and looks at what groups have committed.</summary>
internal static class KafkaTopics
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Makes it and fills it, the partitions evenly.</summary>
    /// <exception cref="InvalidOperationException">The broker does not keep it all.</exception>
    public static async Task FillAsync(this BenchTopic topic, Broker broker)
    {
        var (name, partitions, messages) = topic;
        await broker.CreateTopicAsync(name, partitions);
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig
        {
            BootstrapServers = broker.Bootstrap,
            LingerMs = 100,
            BatchNumMessages = 1_000,
            QueueBufferingMaxMessages = messages + 1,
        }).Build();
        for (var i = 0; i < messages; i++) producer.Produce(new TopicPartition(name, i % partitions), new Message<Null, byte[]> { Value = BenchTopic.Body(i) });
        if (producer.Flush(Patience) > 0) throw new InvalidOperationException($"Topic {name} is not full after {Patience.TotalSeconds} s.");
        using var reader = Reader(broker, "look");
        var kept = Enumerable.Range(0, partitions).Sum(p => reader.QueryWatermarkOffsets(new TopicPartition(name, p), Patience) is var ends ? ends.High.Value - ends.Low.Value : 0);
        if (kept != messages) throw new InvalidOperationException($"Topic {name}: the broker keeps {kept} of {messages} messages. Take more partitions: it keeps 5 MiB of each.");
    }

    /// <summary>How many messages a group has committed.</summary>
    public static long Committed(this BenchTopic topic, Broker broker, string group)
    {
        using var reader = Reader(broker, group);
        return reader.Committed(Enumerable.Range(0, topic.Partitions).Select(p => new TopicPartition(topic.Name, p)), Patience).Sum(static c => Math.Max(0, c.Offset.Value));
    }

    private static IConsumer<Ignore, Ignore> Reader(Broker broker, string group) =>
        new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = broker.Bootstrap, GroupId = group, EnableAutoCommit = false }).Build();
}
