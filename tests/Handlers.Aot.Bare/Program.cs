using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;

// What an application without Handlers would write, as little of it as there can be: one consumer.
Build();

[DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods", "Confluent.Kafka")]
[DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Alpine", "Confluent.Kafka")]
[DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Centos8", "Confluent.Kafka")]
static void Build()
{
    var servers = Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS");
    using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = servers, GroupId = "bare" }).Build();
    Started.Say();
}
