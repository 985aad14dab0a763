using Handlers.Embedded;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tool;

/// <summary>A broker that is used: a host with its transport, which is built and never started.</summary>
internal sealed class Connection : IAsyncDisposable
{
    private readonly IHost host;

    private Connection(IHost host) => this.host = host;

    public ITransport Transport => host.Services.GetRequiredService<HandlersRuntime>().Transport(StreamHandlerAttribute.DefaultTransport);

    public ITopicReader Reader => Transport.Reader ?? throw new ToolException($"Topics of this broker ({Transport.System}) cannot be read without a group.");

    public DeadLetters DeadLetters => host.Services.GetRequiredService<DeadLetters>();

    public TimeProvider Time => host.Services.GetRequiredService<TimeProvider>();

    /// <summary>The broker that a section of configuration describes.</summary>
    public static Connection Open(BrokerKind broker, IConfigurationSection section)
    {
        // Without configuration of its own: settings of handlers mean nothing here.
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "handlers" });
        var handlers = HandlersBuilder.For(builder.Services);
        _ = broker switch
        {
            BrokerKind.Kafka => handlers.UseKafka(section),
            BrokerKind.Kinesis => handlers.UseKinesis(section),
            _ => handlers.UseEmbedded(Existing(section)),
        };
        return new Connection(builder.Build());
    }

    /// <summary>Before something is published: some brokers make a topic that is only misspelled.</summary>
    public async Task CheckTopicAsync(string topic, CancellationToken stop)
    {
        var topics = await Reader.TopicsAsync(stop);
        if (!topics.Contains(topic)) throw new ToolException($"There is no topic '{topic}'.{Closest.Hint(topic, topics)} --create publishes to it all the same.");
    }

    public async ValueTask DisposeAsync() => await ((IAsyncDisposable)host).DisposeAsync();

    /// <summary>Publishing to a folder without a log would make one.</summary>
    private static IConfigurationSection Existing(IConfigurationSection section) =>
        section[nameof(EmbeddedOptions.Folder)] is { } folder && File.Exists(Path.Combine(folder, LogFile.Name)) ? section
            : throw new ToolException($"There is no log {LogFile.Name} in {Path.GetFullPath(section[nameof(EmbeddedOptions.Folder)] ?? ".")}. Name the folder that the application's UseEmbedded names.");
}

/// <summary>The kinds of brokers that the tool knows.</summary>
internal enum BrokerKind
{
    Kafka,
    Kinesis,
    Embedded,
}
