using System.Diagnostics.CodeAnalysis;
using Handlers;
using Handlers.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders(); // the output is compared
builder.Services.AddStreamHandlers().UseKafka(kafka =>
{
    kafka.Servers = Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS") ?? "localhost:9092";
    kafka.Start = StartFrom.Earliest;
});
using var host = builder.Build();
await host.StartAsync();
if (args is ["publish"]) await host.Services.GetRequiredService<IPublisher>().PublishAsync(new OutgoingMessage { Topic = "greetings", Body = "hello"u8.ToArray() });
await host.Services.GetRequiredService<HandlersStatus>().WhenCaughtUpAsync();
await host.StopAsync();
Console.WriteLine("stopped");
if (args is [var plugin, "plugin"]) Own.Load(plugin); // IL2026: to be warned of, and never run

internal static class Own
{
    [RequiresUnreferencedCode("For the check of packages.")]
    public static void Load(string name) => Console.WriteLine(Plugins.Make(name)); // IL2057, in the library
}

internal static class Greetings
{
    [StreamHandler("greetings", Group = "strangers")]
    public static void OnGreeting(string text) => Console.WriteLine($"handled: {text}");
}
