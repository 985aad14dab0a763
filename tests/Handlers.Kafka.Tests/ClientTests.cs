using System.Collections.Concurrent;
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
        var log = new Lines();
        var clients = new Clients(options, log);
        using (clients.Producer())
            Assert.Contains(log.Said, static line => line.Contains("rdkafka#producer", StringComparison.Ordinal));
        var request = new SubscriptionRequest { Group = "group", Topics = [new("topic", StartPosition.Earliest, default)], RevokeBudget = TimeSpan.FromSeconds(1) };
        using (clients.Consumer(request, null!, 1, static _ => { })) // nothing is assigned
            Assert.Contains(log.Said, static line => line.Contains("rdkafka#consumer", StringComparison.Ordinal));
    }

    private sealed class Lines : ILogger
    {
        public ConcurrentQueue<string> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Said.Enqueue(formatter(state, exception));
    }
}
