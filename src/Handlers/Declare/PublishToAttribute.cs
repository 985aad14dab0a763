namespace Handlers;

/// <summary>
/// Publishes what the handler returns: <c>T</c>, <c>Task&lt;T&gt;</c>, <c>ValueTask&lt;T&gt;</c> or
/// <c>IAsyncEnumerable&lt;T&gt;</c>, where <c>T</c> is a payload or an <see cref="OutgoingMessage{T}"/>. A null result
/// publishes nothing. What is published is acknowledged before the outcome of the source message is final.
/// </summary>
/// <remarks>A plain payload is published with the key of the source message.</remarks>
/// <param name="topic">The topic to publish to. <c>Handlers:Topics:{topic}</c> maps it per environment.</param>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class PublishToAttribute(string topic) : Attribute
{
    /// <summary>The topic to publish to, as declared.</summary>
    public string Topic { get; } = topic;
}
