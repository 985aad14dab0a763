using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka;

/// <summary>Makes the clients of librdkafka, with this transport's defaults under the application's settings.</summary>
internal sealed class Clients(KafkaOptions options, ILogger log)
{
    /// <summary>
    /// Confluent.Kafka finds its native functions by reflection, so a trimmed application would lack them. Named here, they are kept in
    /// every application that can make a client.
    /// </summary>
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods", "Confluent.Kafka")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Alpine", "Confluent.Kafka")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Centos8", "Confluent.Kafka")]
    public IConsumer<byte[], byte[]> Consumer(SubscriptionRequest request, Assigned assigned, int partitions, Action<Error> report)
    {
        var config = ClientConfigs.Consumer(options, request.Group, partitions, log);
        return Built(() =>
        {
            var builder = options.ConsumerBuilder?.Invoke(config) ?? new ConsumerBuilder<byte[], byte[]>(config);
            return builder
                .SetPartitionsAssignedHandler((_, partitions) => assigned.Begin(partitions))
                .SetPartitionsRevokedHandler((_, partitions) => assigned.Revoke(partitions))
                .SetPartitionsLostHandler((_, partitions) => assigned.Lose(partitions))
                .SetErrorHandler((_, error) => report(error))
                .SetLogHandler((_, message) => Log(message.Name, message))
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
                .SetErrorHandler((client, error) => KafkaLogs.ClientError(log, client.Name, error.Code, error.Reason))
                .SetLogHandler((_, message) => Log(message.Name, message))
                .Build();
        });
    }

    public IAdminClient Admin(string client) => Built(() => new AdminClientBuilder(ClientConfigs.Admin(options))
        .SetErrorHandler((_, error) => KafkaLogs.ClientError(log, client, error.Code, error.Reason))
        .SetLogHandler((_, message) => Log(client, message)).Build());

    /// <summary>The library logs while the client is being made, too: then it has a name, and the object no handle to ask for it yet.</summary>
    private void Log(string client, LogMessage message)
    {
        var level = (LogLevel)message.LevelAs(LogLevelType.MicrosoftExtensionsLogging);
        if (log.IsEnabled(level)) KafkaLogs.Client(log, level, client, message.Facility, message.Message);
    }

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
