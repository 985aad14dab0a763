using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
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
            ClientConfigs.CheckConsumer(BuilderOf<byte[], byte[]>.Settings(builder), request);
            return builder
                .SetPartitionsAssignedHandler((_, partitions) => assigned.Begin(partitions))
                .SetPartitionsRevokedHandler((_, partitions) => assigned.Revoke(partitions))
                .SetPartitionsLostHandler((_, partitions) => assigned.Lose(partitions))
                .SetErrorHandler((_, error) => reports.Report(request.Group, error))
                .SetLogHandler((_, message) => reports.Report(message.Name, message))
                .Build();
        });
    }

    /// <summary>Whether a look leaves out what is in a transaction that is open or was aborted.</summary>
    public bool LooksCommitted => ClientConfigs.IsReadCommitted(options);

    /// <summary>A consumer that is in no group.</summary>
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods", "Confluent.Kafka")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Alpine", "Confluent.Kafka")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Centos8", "Confluent.Kafka")]
    public IConsumer<byte[], byte[]> Looking()
    {
        var config = ClientConfigs.Look(options);
        var group = config.GroupId; // before the application has it
        return Built(() =>
        {
            var builder = options.ConsumerBuilder?.Invoke(config) ?? new ConsumerBuilder<byte[], byte[]>(config);
            ClientConfigs.CheckLook(BuilderOf<byte[], byte[]>.Settings(builder), group);
            return builder
                .SetErrorHandler((_, error) =>
                {
                    // It looks for the coordinator of its group though it joins none, which this client may not be allowed to.
                    if (error.Code == ErrorCode.GroupAuthorizationFailed) KafkaLogs.LookOutsideOfGroups(log);
                    else reports.Report("look", error);
                })
                .SetLogHandler((_, message) => reports.Report(message.Name, message))
                .Build();
        });
    }

    /// <param name="onError">Hears of what the client reports, on its own thread; maybe before it is here.</param>
    public IProducer<byte[], byte[]> Producer(Action<Error>? onError = null) => Producer(ClientConfigs.Producer(options), onError);

    /// <summary>A producer of transactions, for one subscription.</summary>
    public IProducer<byte[], byte[]> TransactionalProducer(string group) => Producer(ClientConfigs.TransactionalProducer(options, group), null);

    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods", "Confluent.Kafka")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Alpine", "Confluent.Kafka")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Centos8", "Confluent.Kafka")]
    private IProducer<byte[], byte[]> Producer(ProducerConfig config, Action<Error>? onError)
    {
        var transactionalId = config.TransactionalId; // before the application has it
        return Built(() =>
        {
            var builder = options.ProducerBuilder?.Invoke(config) ?? new ProducerBuilder<byte[], byte[]>(config);
            ClientConfigs.CheckProducer(BuilderOf<byte[], byte[]>.Settings(builder), transactionalId);
            return builder
                .SetErrorHandler((client, error) =>
                {
                    onError?.Invoke(error);
                    reports.Report(client.Name, error);
                })
                .SetLogHandler((_, message) => reports.Report(message.Name, message))
                .Build();
        });
    }

    /// <param name="client">Its name on the log.</param>
    /// <param name="onError">Hears of what the client reports, on its own thread.</param>
    public IAdminClient Admin(string client, Action<Error>? onError = null) => Admin(ClientConfigs.Admin(options), client, onError);

    /// <summary>One that stays: see <see cref="ClusterPings"/>.</summary>
    public IAdminClient Pings() => Admin(ClientConfigs.Pings(options), "health", null);

    private IAdminClient Admin(AdminClientConfig config, string client, Action<Error>? onError) => Built(() => new AdminClientBuilder(config)
        .SetErrorHandler((_, error) =>
        {
            onError?.Invoke(error);
            reports.Report(client, error);
        })
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

    /// <summary>What a builder will make its client with, as the application may have changed it. A generic class, as only that reaches into one.</summary>
    private static class BuilderOf<TKey, TValue>
    {
        [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Config")]
        public static extern IEnumerable<KeyValuePair<string, string>>? Settings(ConsumerBuilder<TKey, TValue> builder);

        [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Config")]
        public static extern IEnumerable<KeyValuePair<string, string>>? Settings(ProducerBuilder<TKey, TValue> builder);
    }
}
