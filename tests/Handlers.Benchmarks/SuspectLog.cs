using System.Text;
using Handlers.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Benchmarks;

/// <summary>An embedded log with messages for the handler that may fail. Deleted in the end.</summary>
internal sealed class SuspectLog : IDisposable
{
    public const int Messages = 2_000_000;

    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"Sensor":"sensor-0042","Value":21.25,"At":1517363399650,"Note":"a reading of ninety-nine bytes"}""");

    public string Folder { get; } = Directory.CreateTempSubdirectory("handlers-bench-").FullName;

    public static async Task<SuspectLog> CreateAsync()
    {
        var log = new SuspectLog();
        await using var transport = new EmbeddedTransport(new EmbeddedOptions { Folder = log.Folder }, TimeProvider.System, NullLogger.Instance);
        var batch = Enumerable.Repeat(new OutgoingMessage { Topic = "json", Body = Body }, 1000).ToList();
        for (var i = 0; i < Messages / batch.Count; i++) await transport.Publisher.PublishAsync(batch);
        return log;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
