using System.Text;
using System.Text.Json;
using Handlers.Embedded;
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
    private const int Switched = 6_000_000;

    private readonly InMemoryBroker broker = new();
    private readonly byte[] body = Encoding.UTF8.GetBytes("""{"Sensor":"sensor-0042","Value":21.25,"At":1517363399650,"Note":"a reading of ninety-nine bytes"}""");
    private readonly List<Message> bare = [];

    /// <summary>With the topics that its handlers read.</summary>
    public static async Task<LoopBenchmark> PreparedAsync()
    {
        var loop = new LoopBenchmark();
        await loop.PrepareAsync("bytes");
        await loop.PrepareAsync("json");
        await loop.PrepareAsync("keyed", keys: 10_000);
        return loop;
    }

    /// <param name="topic">The topic.</param>
    /// <param name="keys">How many different keys its messages have.</param>
    private async Task PrepareAsync(string topic, int keys = 0)
    {
        broker.CreateTopic(topic, 1);
        var publisher = new InMemoryTransport(broker);
        var batch = Enumerable.Range(0, 10_000).Select(i => new OutgoingMessage { Topic = topic, Body = body, Key = keys == 0 ? default(ReadOnlyMemory<byte>?) : BitConverter.GetBytes(i % keys) }).ToList();
        for (var i = 0; i < Messages / batch.Count; i++) await publisher.PublishAsync(batch);
        if (bare.Count == 0) bare.AddRange(Enumerable.Range(0, Messages).Select(i => new Message { Position = new Position(i), Body = Bytes.Of(body) }));
    }

    /// <summary>One round of the whole runtime. Fails where not all is committed in the end.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="handler">The handler.</param>
    /// <param name="round">The round.</param>
    /// <param name="variant">Where a handler is measured several times in a round: which.</param>
    public async Task<Figures> RuntimeAsync(string topic, string handler, int round, string variant = "plain")
    {
        var group = $"{handler}-{variant}-{round}";
        var figures = await RunAsync(handler, group, Warm, Messages, builder => builder.UseInMemory(broker));
        if (broker.Committed(group, topic, 0) != new Position(Messages - 1)) throw new InvalidOperationException("Not all is committed.");
        return figures;
    }

    /// <summary>The handler that fails now and then and has dead letters, over the broker in memory: see <see cref="Segments"/>.</summary>
    public async Task<Segments> SuspectsAsync(int round)
    {
        Measured.Segments = new Segments(Messages);
        await RuntimeAsync("json", "Measured.OnSuspect", round);
        return Measured.Segments;
    }

    /// <summary>The same over the embedded log in a folder.</summary>
    public static async Task<Segments> SuspectsAsync(SuspectLog log, int round)
    {
        Measured.Segments = new Segments(SuspectLog.Messages);
        await RunAsync("Measured.OnSuspect", $"suspects-{round}", SuspectLog.Messages / 5, SuspectLog.Messages, builder => builder.UseEmbedded(log.Folder));
        return Measured.Segments;
    }

    /// <summary>A handler in segments, in every other of which somebody listens.</summary>
    /// <param name="handler">The handler.</param>
    /// <param name="keys">How many different keys its messages have; 0: they have none.</param>
    /// <param name="listens">Makes the listener, of the host's services.</param>
    /// <param name="settings">What is configured otherwise.</param>
    public async Task<Segments> SwitchedAsync(string handler, int keys, Func<IServiceProvider, Listening> listens, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        Listening? listening = null;
        await RunAsync(handler, "switched", Warm, Switched, builder => builder.AddTransport("default", _ => new EndlessTransport(1, body, keys)), settings, services =>
        {
            listening = listens(services);
            Measured.Segments = new Segments(Switched, listening.Turn);
        });
        listening?.Dispose();
        return Measured.Segments;
    }

    private static async Task<Figures> RunAsync(
        string handler, string group, int warm, int messages, Func<HandlersBuilder, HandlersBuilder> use, IEnumerable<KeyValuePair<string, string?>>? settings = null, Action<IServiceProvider>? built = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "bench" });
        builder.Configuration.AddInMemoryCollection([
            new($"Handlers:{handler}:Group", group),
            .. BenchHandlers.Others(handler),
            new("Handlers:CommitInterval", "0.01"),
            .. settings ?? [],
        ]);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        use(builder.Services.AddStreamHandlers());
        using var host = builder.Build();
        built?.Invoke(host.Services);
        var measured = Measured.Begin(warm, messages);
        await host.StartAsync();
        var figures = await measured;
        await host.StopAsync();
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
