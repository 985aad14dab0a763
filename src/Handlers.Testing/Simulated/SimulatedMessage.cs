using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Handlers.Testing;

/// <summary>The bodies of simulated messages: the number of the message, which it keeps in whatever topic it comes to stand.</summary>
internal static class SimulatedMessage
{
    public static OutgoingMessage Of(string topic, int id, string? key) => new()
    {
        Topic = topic,
        Key = OutgoingMessage.Utf8(key),
        Body = Encoding.UTF8.GetBytes(id.ToString(CultureInfo.InvariantCulture)),
    };

    /// <summary>-1: it is no number.</summary>
    public static int IdOf(Bytes body) => Utf8Parser.TryParse(body.Span, out int id, out var used) && used == body.Length ? id : -1;

    public static int IdOf(SimulatedPartition partition, long position) => IdOf(partition.Messages[partition.IndexBehind(position - 1)].Body);
}
