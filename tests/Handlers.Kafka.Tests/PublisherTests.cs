using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using Handlers.Kafka.Peers;

namespace Handlers.Kafka.Tests;

/// <summary>
/// The producer that everything goes through. Found in review: a fatal error of the client was for ever, and dead letters were tried on it without end.
/// </summary>
public sealed class PublisherTests
{
    private const int Limit = 60_000;
    private const int OutOfOrderSequenceNumber = 45;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task After_an_error_that_ends_the_client_the_next_message_goes_through_a_new_one()
    {
        await using var broker = await StartAsync();
        var log = new LogLines();
        await using var transport = Transport(broker, log);
        for (var round = 0; round < 2; round++)
        {
            await PublishAsync(transport, "before");
            await broker.FailAsync(KafkaApi.Produce, OutOfOrderSequenceNumber);
            var ended = await Assert.ThrowsAsync<TransportException>(() => PublishAsync(transport, "never"));
            Assert.True(ended.IsTransient, ended.Message);
            await PublishAsync(transport, "after");
        }

        Assert.Equal(2, log.Texts(3015).Count);
        Assert.Equal(["before", "after", "before", "after"], Read(broker));
    }

    [Fact(Timeout = Limit)]
    public async Task What_is_under_way_fails_with_the_error_that_ended_the_client()
    {
        await using var broker = await StartAsync();
        var log = new LogLines();
        var made = new ConcurrentQueue<IProducer<byte[], byte[]>>();
        await using var transport = Transport(broker, log, made);
        await PublishAsync(transport, "before");
        await broker.DownAsync(-1);
        var publishing = Task.WhenAll(PublishAsync(transport, "never"), PublishAsync(transport, "nor this"));
        EndFatally(made.Single(), "for the test");
        var ended = await Assert.ThrowsAsync<TransportException>(() => publishing);
        Assert.True(ended.IsTransient, ended.Message);
        Assert.StartsWith("Publishing to topic 'topic' failed, as the producer met an error that ended it, and is made anew: test_fatal_error: for the test", ended.Message, StringComparison.Ordinal);
        await broker.UpAsync(-1);
        await PublishAsync(transport, "after");
        Assert.Equal(2, made.Count);
        Assert.Single(log.Texts(3015));
        Assert.Equal(["before", "after"], Read(broker));
    }

    /// <summary>It is the client that takes the next message that tells, where nothing was under way.</summary>
    [Fact(Timeout = Limit)]
    public async Task A_message_that_the_ended_client_does_not_take_goes_through_a_new_one()
    {
        await using var broker = await StartAsync();
        var made = new ConcurrentQueue<IProducer<byte[], byte[]>>();
        await using var transport = Transport(broker, new LogLines(), made);
        await PublishAsync(transport, "before");
        EndFatally(made.Single(), "for the test");
        await PublishAsync(transport, "after");
        Assert.Equal(2, made.Count);
        Assert.Equal(["before", "after"], Read(broker));
    }

    private static async Task<Broker> StartAsync()
    {
        var broker = await Broker.StartAsync(stop: Stop);
        await broker.CreateTopicAsync("topic", 1);
        return broker;
    }

    private static KafkaTransport Transport(Broker broker, LogLines log, ConcurrentQueue<IProducer<byte[], byte[]>>? made = null)
    {
        var options = new KafkaOptions { Servers = broker.Bootstrap };
        if (made is not null) options.ProducerBuilder = config => new Watched(config, made);
        return new KafkaTransport(options, TimeProvider.System, log);
    }

    private static Task PublishAsync(KafkaTransport transport, string text) => transport.Publisher.PublishAsync(new OutgoingMessage { Topic = "topic", Body = OutgoingMessage.Utf8(text) }, Stop).AsTask();

    /// <summary>As far as the library's own test of it goes.</summary>
    private static void EndFatally(IProducer<byte[], byte[]> producer, string reason)
    {
        var handle = ClientHandle.Of(producer.Handle);
        Assert.NotNull(handle);
        nint library = 0;
        Assert.Contains(new[] { "librdkafka", "centos8-librdkafka", "alpine-librdkafka" }, file => NativeLibrary.TryLoad(file, typeof(Library).Assembly, null, out library));
        var end = Marshal.GetDelegateForFunctionPointer<TestFatalError>(NativeLibrary.GetExport(library, "rd_kafka_test_fatal_error"));
        Assert.Equal(0, end(handle.DangerousGetHandle(), OutOfOrderSequenceNumber, reason));
    }

    private static List<string> Read(Broker broker)
    {
        using var reader = new ConsumerBuilder<Null, string>(new ConsumerConfig { BootstrapServers = broker.Bootstrap, GroupId = "reader", EnablePartitionEof = true }).Build();
        reader.Assign(new TopicPartitionOffset("topic", 0, Offset.Beginning));
        var found = new List<string>();
        while (reader.Consume(Stop) is { IsPartitionEOF: false } result) found.Add(result.Message.Value);
        reader.Close();
        return found;
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int TestFatalError(nint client, int error, [MarshalAs(UnmanagedType.LPUTF8Str)] string reason);

    private sealed class Watched(ProducerConfig config, ConcurrentQueue<IProducer<byte[], byte[]>> made) : ProducerBuilder<byte[], byte[]>(config)
    {
        public override IProducer<byte[], byte[]> Build()
        {
            var producer = base.Build();
            made.Enqueue(producer);
            return producer;
        }
    }
}
