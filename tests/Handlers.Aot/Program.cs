using Confluent.Kafka;
using Handlers;
using Handlers.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// What an application writes, with one handler. It says when its consumer is built, and stops.
var builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddStreamHandlers().UseKafka(kafka =>
{
    kafka.Servers = Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS")!;
    kafka.ConsumerBuilder = static config => new TellingBuilder(config);
});
using var host = builder.Build();
await host.StartAsync();
await TellingBuilder.Built.WaitAsync(TimeSpan.FromSeconds(30));
await host.StopAsync();

internal sealed class TellingBuilder(ConsumerConfig config) : ConsumerBuilder<byte[], byte[]>(config)
{
    private static readonly TaskCompletionSource Told = new();

    public static Task Built => Told.Task;

    public override IConsumer<byte[], byte[]> Build()
    {
        var consumer = base.Build();
        Started.Say();
        Told.TrySetResult();
        return consumer;
    }
}

internal static class Earthquakes
{
    [StreamHandler("earthquakes", Group = "handlers")]
    public static void OnEarthquake(ReadOnlyMemory<byte> body)
    {
    }
}
