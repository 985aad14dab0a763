using System.Text;

namespace Handlers.Generators.Tests.Driving;

/// <summary>A publisher that keeps what it gets.</summary>
internal sealed class Published : IPublisher
{
    public List<OutgoingMessage> Messages { get; } = [];

    public IEnumerable<string> Lines => Messages.Select(m => $"{m.Topic} {Text(m.Key)} {Text(m.Body)}");

    public ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop)
    {
        Messages.Add(message);
        return default;
    }

    public ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop)
    {
        Messages.AddRange(messages);
        return default;
    }

    private static string Text(ReadOnlyMemory<byte>? bytes) => bytes is { } b ? Encoding.UTF8.GetString(b.Span) : "-";
}
