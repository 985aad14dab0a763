using Handlers.Kinesis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers;

/// <summary>Adds Kinesis as a transport.</summary>
public static class KinesisBuilderExtensions
{
    /// <summary>Uses Kinesis as options describe it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Sets the options.</param>
    /// <param name="name">The transport's name, for handlers that name one. Default <c>default</c>.</param>
    /// <exception cref="HandlersConfigurationException">An option is out of its bounds, or the name is taken.</exception>
    public static HandlersBuilder UseKinesis(
        this HandlersBuilder builder, Action<KinesisOptions> configure, string name = StreamHandlerAttribute.DefaultTransport)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new KinesisOptions();
        configure(options);
        return Add(builder, options, [], name);
    }

    /// <summary>Uses Kinesis as a section of configuration describes it, by the names of <see cref="KinesisOptions"/>.</summary>
    /// <exception cref="HandlersConfigurationException">A key is unknown, a value is out of its bounds, or the name is taken.</exception>
    public static HandlersBuilder UseKinesis(
        this HandlersBuilder builder, IConfigurationSection section, string name = StreamHandlerAttribute.DefaultTransport)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Add(builder, KinesisConfiguration.Read(section), [], name);
    }

    /// <summary>
    /// Uses Kinesis as a whole configuration describes it: its section <c>Kinesis</c>, by the names of <see cref="KinesisOptions"/>, and before that the settings
    /// of arXiv's consumer by theirs: <c>KINESIS_STREAM</c>, <c>KINESIS_SHARD_ID</c>, <c>KINESIS_START_TYPE</c>, <c>KINESIS_START_AT</c>,
    /// <c>KINESIS_CHECKPOINT_VOLUME</c>, <c>KINESIS_ENDPOINT</c>, <c>KINESIS_VERIFY</c>, <c>KINESIS_RETRY_*</c> and <c>AWS_*</c>.
    /// </summary>
    /// <exception cref="HandlersConfigurationException">A key is unknown, a value is out of its bounds, or the name is taken.</exception>
    public static HandlersBuilder UseKinesis(
        this HandlersBuilder builder, IConfiguration configuration, string name = StreamHandlerAttribute.DefaultTransport)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var options = KinesisConfiguration.Read(configuration.GetSection("Kinesis"));
        var takenAsUtc = ArxivSettings.Apply(options, configuration);
        return Add(builder, options, takenAsUtc, name);
    }

    private static HandlersBuilder Add(HandlersBuilder builder, KinesisOptions options, IReadOnlyList<(string Setting, string Value)> takenAsUtc, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        KinesisOptionsCheck.Check(options);
        if (options.Duration is { } duration) builder.Services.AddSingleton<IHostedService>(services => new RunDuration(
            duration, services.GetRequiredService<IHostApplicationLifetime>(), services.GetRequiredService<TimeProvider>(), Log(services)));
        return builder.AddTransport(name, services =>
        {
            var log = Log(services);
            foreach (var (setting, value) in takenAsUtc) KinesisLogs.TimeIsUtc(log, setting, value);
            return new KinesisTransport(options, services.GetRequiredService<TimeProvider>(), log, Handled(options, services, name));
        });
    }

    /// <summary>The one topic that Stream and ShardId are of.</summary>
    private static string? Handled(KinesisOptions options, IServiceProvider services, string name)
    {
        if (options.Stream is null && options.ShardId is null) return null;
        var topics = HandledTopics.Of(services, name);
        if (topics.Count <= 1) return topics.SingleOrDefault();
        var setting = options.Stream is not null ? "Stream (KINESIS_STREAM)" : "ShardId (KINESIS_SHARD_ID)";
        throw new HandlersConfigurationException([
            $"Kinesis: {setting} is of one topic, and handlers read {topics.Count} over transport '{name}': {string.Join(", ", topics.Select(static t => $"'{t}'"))}. " +
            $"Leave it out and name the streams in Handlers:Topics, or give the other topics' handlers a transport of their own ([StreamHandler(Transport = ...)])."]);
    }

    private static ILogger Log(IServiceProvider services) => services.GetService<ILoggerFactory>()?.CreateLogger("Handlers.Kinesis") ?? NullLogger.Instance;
}
