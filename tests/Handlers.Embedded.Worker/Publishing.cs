using System.Globalization;
using System.Text;

namespace Handlers.Embedded.Worker;

/// <summary>Publishes numbers, with keys, in order; each is written down once it is acknowledged.</summary>
internal static class Publishing
{
    private const int Keys = 20;

    public static async Task RunAsync(EmbeddedTransport transport, string topic, int first, int count, string file)
    {
        using var acknowledged = new DurableLines(file);
        for (var i = first; i < first + count; i += 10)
        {
            var numbers = Enumerable.Range(i, Math.Min(10, first + count - i)).ToList();
            await transport.Publisher.PublishAsync([.. numbers.Select(n => Of(topic, n))]);
            acknowledged.Write(numbers.Select(n => n.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private static OutgoingMessage Of(string topic, int number) => new()
    {
        Topic = topic,
        Key = Encoding.UTF8.GetBytes($"key{number % Keys}"),
        Body = Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)),
    };
}
