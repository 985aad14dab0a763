using Handlers.Embedded;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers;

/// <summary>Adds the embedded log as a transport.</summary>
public static class EmbeddedBuilderExtensions
{
    /// <summary>Uses the log in a folder, which is made where it is missing.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="folder">The folder that holds <c>handlers.db</c>.</param>
    /// <param name="name">The transport's name, for handlers that name one. Default <c>default</c>.</param>
    /// <exception cref="HandlersConfigurationException">The folder is empty, or the name is taken.</exception>
    public static HandlersBuilder UseEmbedded(this HandlersBuilder builder, string folder, string name = StreamHandlerAttribute.DefaultTransport) =>
        builder.UseEmbedded(options => options.Folder = folder, name);

    /// <summary>Uses the log that options describe.</summary>
    /// <exception cref="HandlersConfigurationException">An option is out of its bounds, or the name is taken.</exception>
    public static HandlersBuilder UseEmbedded(
        this HandlersBuilder builder, Action<EmbeddedOptions> configure, string name = StreamHandlerAttribute.DefaultTransport)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new EmbeddedOptions();
        configure(options);
        return Add(builder, options, name);
    }

    /// <summary>Uses the log that a section of configuration describes, by the names of <see cref="EmbeddedOptions"/>.</summary>
    /// <exception cref="HandlersConfigurationException">A key is unknown, a value is out of its bounds, or the name is taken.</exception>
    public static HandlersBuilder UseEmbedded(
        this HandlersBuilder builder, IConfigurationSection section, string name = StreamHandlerAttribute.DefaultTransport)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Add(builder, EmbeddedConfiguration.Read(section), name);
    }

    private static HandlersBuilder Add(HandlersBuilder builder, EmbeddedOptions options, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        EmbeddedOptionsCheck.Check(options);
        return builder.AddTransport(name, services => new EmbeddedTransport(
            options,
            services.GetRequiredService<TimeProvider>(),
            services.GetService<ILoggerFactory>()?.CreateLogger("Handlers.Embedded") ?? NullLogger.Instance));
    }
}
