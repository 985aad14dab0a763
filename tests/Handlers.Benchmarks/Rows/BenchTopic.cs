using System.Globalization;
using System.Text;

namespace Handlers.Benchmarks;

/// <summary>A topic full of readings, each 99 bytes of JSON that differ in their digits alone, so that each costs the same.</summary>
/// <param name="Name">The topic's, or the stream's.</param>
/// <param name="Partitions">Or shards. Each has as many messages.</param>
/// <param name="Messages">In all of them.</param>
internal sealed record BenchTopic(string Name, int Partitions, int Messages)
{
    public static byte[] Body(int n) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $$"""{"Sensor":"sensor-{{n % 10_000:0000}}","Value":21.25,"At":1517363399650,"Note":"a reading of ninety-nine bytes.."}"""));
}
