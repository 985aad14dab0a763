using System.Text;
using System.Text.Json;
using Handlers.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Benchmarks;

/// <summary>
/// The production host and consumer loop, with generated dispatch, the watermark and periodic commits, over a broker in memory;
/// beside it a bare loop that calls a delegate for the same bytes.
/// </summary>
internal sealed class LoopBenchmark
{
    private const int Messages = 1_000_000;
    private const int Warm = 200_000;

    private readonly InMemoryBroker broker = new();
    private readonly byte[] body = Encoding.UTF8.GetBytes("""{"Sensor":"sensor-0042","Value":21.25,"At":1517363399650,"Note":"a reading of ninety-nine bytes"}""");
    private readonly List<Message> bare = [];

    public async Task PrepareAsync(string topic)
    {
        broker.CreateTopic(topic, 1);
        var publisher = new InMemoryTransport(broker);
        var batch = Enumerable.Repeat(new OutgoingMessage { Topic = topic, Body = body }, 10_000).ToList();
        for (var i = 0; i < Messages / batch.Count; i++) await publisher.PublishAsync(batch);
        if (bare.Count == 0) bare.AddRange(Enumerable.Range(0, Messages).Select(i => new Message { Position = new Position(i), Body = Bytes.Of(body) }));
    }

    /// <summary>One round of the whole runtime. Fails where not all is committed in the end.</summary>
    public async Task<Figures> RuntimeAsync(string topic, string handler, int round)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "bench" });
        var group = $"{topic}-{round}";
        builder.Configuration.AddInMemoryCollection([
            new($"Handlers:{handler}:Group", group),
            new(handler == "Measured.OnBytes" ? "Handlers:Measured.OnReading:Enabled" : "Handlers:Measured.OnBytes:Enabled", "false"),
            new("Handlers:CommitInterval", "0.01"),
        ]);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddStreamHandlers().UseInMemory(broker);
        using var host = builder.Build();
        var measured = Measured.Begin(Warm, Messages);
        await host.StartAsync();
        var figures = await measured;
        await host.StopAsync();
        if (broker.Committed(group, topic, 0) != new Position(Messages - 1)) throw new InvalidOperationException("Not all is committed.");
        return figures;
    }

    public Task<Figures> BareBytesAsync() => BareAsync(static body => Measured.OnBytes(body.ToMemory()));

    public Task<Figures> BareJsonAsync() => BareAsync(static body => Measured.OnReading(JsonSerializer.Deserialize(body.Span, BenchJson.Default.Reading)!));

    private async Task<Figures> BareAsync(Action<Bytes> handle)
    {
        var measured = Measured.Begin(Warm, Messages);
        foreach (var message in bare) handle(message.Body);
        return await measured;
    }
}
