using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka;

/// <summary>Makes the clients of librdkafka, with this transport's defaults under the application's settings.</summary>
internal sealed class Clients(KafkaOptions options, ILogger log, ClientReports reports)
{
    // A line of the log has its client's name itself: the library logs while the client is being made, too, when there is no handle to ask yet.

    /// <summary>Where errors go that pass.</summary>
    public ClientReports Reports => reports;

    /// <summary>
    /// Confluent.Kafka finds its native functions by reflection, so a trimmed application would lack them. Named here, they are kept in
    /// every application that can make a client.
    /// </summary>
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods", "Confluent.Kafka")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Alpine", "Confluent.Kafka")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Centos8", "Confluent.Kafka")]
    public IConsumer<byte[], byte[]> Consumer(SubscriptionRequest request, Assigned assigned, int partitions)
    {
        var config = ClientConfigs.Consumer(options, request.Group, partitions, log);
        return Built(() =>
        {
            var builder = options.ConsumerBuilder?.Invoke(config) ?? new ConsumerBuilder<byte[], byte[]>(config);
            return builder
                .SetPartitionsAssignedHandler((_, partitions) => assigned.Begin(partitions))
                .SetPartitionsRevokedHandler((_, partitions) => assigned.Revoke(partitions))
                .SetPartitionsLostHandler((_, partitions) => assigned.Lose(partitions))
                .SetErrorHandler((_, error) => reports.Report(request.Group, error))
                .SetLogHandler((_, message) => reports.Report(message.Name, message))
                .Build();
        });
    }

    public IProducer<byte[], byte[]> Producer() => Producer(ClientConfigs.Producer(options));

    /// <summary>A producer of transactions, for one subscription.</summary>
    public IProducer<byte[], byte[]> TransactionalProducer(string group) => Producer(ClientConfigs.TransactionalProducer(options, group));

    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods", "Confluent.Kafka")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Alpine", "Confluent.Kafka")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Centos8", "Confluent.Kafka")]
    private IProducer<byte[], byte[]> Producer(ProducerConfig config)
    {
        return Built(() =>
        {
            var builder = options.ProducerBuilder?.Invoke(config) ?? new ProducerBuilder<byte[], byte[]>(config);
            return builder
                .SetErrorHandler((client, error) => reports.Report(client.Name, error))
                .SetLogHandler((_, message) => reports.Report(message.Name, message))
                .Build();
        });
    }

    public IAdminClient Admin(string client) => Built(() => new AdminClientBuilder(ClientConfigs.Admin(options))
        .SetErrorHandler((_, error) => reports.Report(client, error))
        .SetLogHandler((_, message) => reports.Report(client, message)).Build());

    /// <summary>
    /// Loads and binds the library while the host is being made: some 30 ms, which the first client would wait for. An application with a library of its
    /// own (<see cref="Library.Load(string)"/>) loads it before it calls UseKafka.
    /// </summary>
    public static void LoadAhead() => new Thread(static () =>
    {
        try
        {
            _ = Library.Version;
        }
        catch (Exception)
        {
            // The first client meets the same, where there is somebody to tell.
        }
    })
    { IsBackground = true, Name = "Kafka library" }.Start();

    /// <summary>What librdkafka says of a setting names it, and never quotes a secret's value.</summary>
    private static T Built<T>(Func<T> build)
    {
        try
        {
            return build();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or KafkaException)
        {
            throw new TransportException($"The Kafka client cannot be made: {e.Message}", e);
        }
    }
}
