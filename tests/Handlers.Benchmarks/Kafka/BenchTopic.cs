using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Handlers.Kafka.Peers;

namespace Handlers.Benchmarks;

/// <summary>A topic full of readings, each 99 bytes of JSON that differ in their digits alone, so that each costs the same.</summary>
internal sealed record BenchTopic(string Name, int Partitions, int Messages)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static byte[] Body(int n) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $$"""{"Sensor":"sensor-{{n % 10_000:0000}}","Value":21.25,"At":1517363399650,"Note":"a reading of ninety-nine bytes.."}"""));

    /// <summary>Makes it and fills it, the partitions evenly.</summary>
    /// <exception cref="InvalidOperationException">The broker does not keep it all.</exception>
    public async Task FillAsync(Broker broker)
    {
        await broker.CreateTopicAsync(Name, Partitions);
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig
        {
            BootstrapServers = broker.Bootstrap,
            LingerMs = 100,
            BatchNumMessages = 1_000,
            QueueBufferingMaxMessages = Messages + 1,
        }).Build();
        for (var i = 0; i < Messages; i++) producer.Produce(new TopicPartition(Name, i % Partitions), new Message<Null, byte[]> { Value = Body(i) });
        if (producer.Flush(Patience) > 0) throw new InvalidOperationException($"Topic {Name} is not full after {Patience.TotalSeconds} s.");
        using var reader = Reader(broker, "look");
        var kept = Enumerable.Range(0, Partitions).Sum(p => reader.QueryWatermarkOffsets(new TopicPartition(Name, p), Patience) is var ends ? ends.High.Value - ends.Low.Value : 0);
        if (kept != Messages) throw new InvalidOperationException($"Topic {Name}: the broker keeps {kept} of {Messages} messages. Take more partitions: it keeps 5 MiB of each.");
    }

    /// <summary>How many messages a group has committed.</summary>
    public long Committed(Broker broker, string group)
    {
        using var reader = Reader(broker, group);
        return reader.Committed(Enumerable.Range(0, Partitions).Select(p => new TopicPartition(Name, p)), Patience).Sum(static c => Math.Max(0, c.Offset.Value));
    }

    private static IConsumer<Ignore, Ignore> Reader(Broker broker, string group) =>
        new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = broker.Bootstrap, GroupId = group, EnableAutoCommit = false }).Build();
}
