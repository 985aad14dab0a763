namespace Handlers.Testing;

/// <summary>Adds an in-memory broker as a transport.</summary>
public static class InMemoryBuilderExtensions
{
    /// <summary>Reads from and publishes to a broker in memory.</summary>
    public static HandlersBuilder UseInMemory(this HandlersBuilder builder, InMemoryBroker broker, string name = StreamHandlerAttribute.DefaultTransport)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddTransport(name, _ => new InMemoryTransport(broker));
    }
}
