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

    /// <summary>The number; of a body that is none, one that is made of it and below zero.</summary>
    public static int IdOf(Bytes body)
    {
        if (Utf8Parser.TryParse(body.Span, out int id, out var used) && used == body.Length) return id;
        var hash = 2166136261u; // FNV-1a
        foreach (var b in body.Span) hash = unchecked((hash ^ b) * 16777619u);
        return unchecked((int)(hash | 0x80000000u));
    }

    public static int IdOf(SimulatedPartition partition, long position) => IdOf(partition.Messages[partition.IndexBehind(position - 1)].Body);
}
