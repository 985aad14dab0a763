using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kafka.Tests;

/// <summary>Builders of the application's: what they may not change is looked at again when the client is made.</summary>
public sealed class BuilderTests
{
    /// <summary>Found in review: with enable.auto.commit the client committed what was read, whatever became of it.</summary>
    [Theory]
    [InlineData("enable.auto.commit", "true", "'false'")]
    [InlineData("enable.auto.offset.store", "true", "'false'")]
    [InlineData("auto.offset.reset", "latest", "'error'")]
    [InlineData("enable.partition.eof", "false", "'true'")]
    [InlineData("group.id", "other", "'group'")]
    public void A_consumer_with_another_value_for_what_the_runtime_decides_is_an_error(string name, string value, string given)
    {
        var error = Assert.Throws<TransportException>(() => Consume(config =>
        {
            config.Set(name, value);
            return new ConsumerBuilder<byte[], byte[]>(config);
        }));
        Assert.StartsWith($"Kafka: ConsumerBuilder has '{value}' for '{name}', where it was given {given}: that is the runtime's.", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public void A_consumer_of_other_settings_is_an_error()
    {
        var error = Assert.Throws<TransportException>(() => Consume(static _ => new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = "localhost:9", GroupId = "group" })));
        Assert.Contains("ConsumerBuilder has nothing for 'enable.auto.commit'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_the_applications_may_be_changed() => Consume(static config =>
    {
        config.ClientId = "mine";
        config.EnableAutoCommit = false; // "False", by the client's own way to write it
        return new ConsumerBuilder<byte[], byte[]>(config);
    });

    /// <summary>Found in review: such a group's new owner of a lane may be given the offset from before a transaction that is being committed.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_group_with_transactions_reads_what_is_committed(bool byBuilder)
    {
        var error = Assert.Throws<TransportException>(() => Consume(
            config =>
            {
                if (byBuilder) config.IsolationLevel = IsolationLevel.ReadUncommitted;
                return new ConsumerBuilder<byte[], byte[]>(config);
            },
            options =>
            {
                if (!byBuilder) options.Settings["isolation.level"] = "read_uncommitted";
            },
            isTransactional: true));
        Assert.StartsWith("Group 'group' has Commit = Transaction, and the setting isolation.level is read_uncommitted: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_transactions_a_group_may_read_what_is_not_committed() =>
        Consume(static config => new ConsumerBuilder<byte[], byte[]>(config), static options => options.Settings["isolation.level"] = "read_uncommitted");

    [Fact]
    public void A_producer_with_another_transactional_id_is_an_error()
    {
        var options = new KafkaOptions
        {
            Servers = "localhost:9",
            TransactionalId = "me",
            ProducerBuilder = static config =>
            {
                config.TransactionalId = "mine";
                return new ProducerBuilder<byte[], byte[]>(config);
            },
        };
        var clients = Clients(options);
        var error = Assert.Throws<TransportException>(() => clients.TransactionalProducer("group"));
        Assert.StartsWith("Kafka: ProducerBuilder has 'mine' for 'transactional.id', where it was given 'group-me'", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<TransportException>(() => clients.Producer());
        Assert.StartsWith("Kafka: ProducerBuilder has 'mine' for 'transactional.id', where it was given nothing", error.Message, StringComparison.Ordinal);
    }

    private static void Consume(Func<ConsumerConfig, ConsumerBuilder<byte[], byte[]>> build, Action<KafkaOptions>? configure = null, bool isTransactional = false)
    {
        var options = new KafkaOptions { Servers = "localhost:9", ConsumerBuilder = build };
        configure?.Invoke(options);
        var request = new SubscriptionRequest
        {
            Group = "group",
            Topics = [new("topic", StartPosition.Earliest, default) { IsTransactional = isTransactional }],
            RevokeBudget = TimeSpan.FromSeconds(1),
        };
        Clients(options).Consumer(request, null!, 1).Dispose(); // nothing is assigned
    }

    private static Clients Clients(KafkaOptions options) => new(options, NullLogger.Instance, new ClientReports(NullLogger.Instance, TimeProvider.System));
}
