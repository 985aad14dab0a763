using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka.Tests;

/// <summary>The clients of librdkafka.</summary>
public sealed class ClientTests
{
    /// <summary>Found with `debug` set: a client logs while it is made, its log handler asked it for its name, and that ended the process.</summary>
    [Fact]
    public void What_a_client_logs_while_it_is_made_is_logged()
    {
        var options = new KafkaOptions { Servers = "localhost:9" };
        options.Settings["debug"] = "all";
        var log = new LogLines(LogLevel.Trace);
        var clients = new Clients(options, log, new ClientReports(log, TimeProvider.System));
        using (clients.Producer())
            Assert.Contains(log.All, static line => line.Contains("rdkafka#producer", StringComparison.Ordinal));
        var request = new SubscriptionRequest { Group = "group", Topics = [new("topic", StartPosition.Earliest, default)], RevokeBudget = TimeSpan.FromSeconds(1) };
        using (clients.Consumer(request, null!, 1)) // nothing is assigned
            Assert.Contains(log.All, static line => line.Contains("rdkafka#consumer", StringComparison.Ordinal));
    }

    /// <summary>SASL and TLS settings go to the client as they are, and what is secret in them is in no line of the log, not with everything logged either.</summary>
    [Fact(Timeout = 60_000)]
    public async Task Settings_of_security_are_passed_on_and_secrets_are_not_logged()
    {
        var options = new KafkaOptions { Servers = "localhost:9", CallTimeout = TimeSpan.FromSeconds(1) };
        var settings = new Dictionary<string, string>
        {
            ["security.protocol"] = "sasl_ssl",
            ["sasl.mechanism"] = "PLAIN",
            ["sasl.username"] = "me",
            ["sasl.password"] = "hush-password",
            ["ssl.key.password"] = "hush-key",
            ["enable.ssl.certificate.verification"] = "false",
            ["debug"] = "all",
        };
        foreach (var (name, value) in settings) options.Settings[name] = value;
        ConsumerConfig? given = null;
        options.ConsumerBuilder = config => new ConsumerBuilder<byte[], byte[]>(given = config);
        var log = new LogLines(LogLevel.Trace);
        await using var transport = new KafkaTransport(options, TimeProvider.System, log);
        var request = new SubscriptionRequest { Group = "group", Topics = [new("topic", StartPosition.Earliest, default)], RevokeBudget = TimeSpan.FromSeconds(1) };
        var away = await Assert.ThrowsAsync<TransportException>(async () => await transport.SubscribeAsync(request, TestContext.Current.CancellationToken));
        using (transport.Clients.Consumer(request, null!, 1)) // nothing is assigned
            Assert.All(settings, setting => Assert.Equal(setting.Value, given!.Get(setting.Key)));
        Assert.NotEmpty(log.All);
        Assert.DoesNotContain(log.All.Append(away.ToString()), static line => line.Contains("hush", StringComparison.Ordinal));
    }
}
