using Handlers.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers;

/// <summary>Adds a Kafka cluster as a transport.</summary>
public static class KafkaBuilderExtensions
{
    /// <summary>Uses the cluster behind these brokers.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="servers">The brokers to ask first: <c>host:port,host:port</c>.</param>
    /// <param name="name">The transport's name, for handlers that name one. Default <c>default</c>.</param>
    /// <exception cref="HandlersConfigurationException">The servers are empty, or the name is taken.</exception>
    public static HandlersBuilder UseKafka(this HandlersBuilder builder, string servers, string name = StreamHandlerAttribute.DefaultTransport) =>
        builder.UseKafka(options => options.Servers = servers, name);

    /// <summary>Uses the cluster that options describe.</summary>
    /// <exception cref="HandlersConfigurationException">An option is out of its bounds, or the name is taken.</exception>
    public static HandlersBuilder UseKafka(
        this HandlersBuilder builder, Action<KafkaOptions> configure, string name = StreamHandlerAttribute.DefaultTransport)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new KafkaOptions();
        configure(options);
        return Add(builder, options, name);
    }

    /// <summary>
    /// Uses the cluster that a section of configuration describes: librdkafka's settings by their own names (those of one client alone under
    /// <c>Consumer</c> and <c>Producer</c>), and the names of <see cref="KafkaOptions"/>.
    /// </summary>
    /// <exception cref="HandlersConfigurationException">A key is unknown, a value is out of its bounds, or the name is taken.</exception>
    public static HandlersBuilder UseKafka(
        this HandlersBuilder builder, IConfigurationSection section, string name = StreamHandlerAttribute.DefaultTransport)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Add(builder, KafkaConfiguration.Read(section), name);
    }

    private static HandlersBuilder Add(HandlersBuilder builder, KafkaOptions options, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        KafkaOptionsCheck.Check(options);
        Clients.LoadAhead();
        return builder.AddTransport(name, services => new KafkaTransport(
            options,
            services.GetRequiredService<TimeProvider>(),
            services.GetService<ILoggerFactory>()?.CreateLogger("Handlers.Kafka") ?? NullLogger.Instance));
    }
}
