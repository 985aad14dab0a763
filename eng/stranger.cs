using Handlers;
using Handlers.Embedded;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddStreamHandlers().UseEmbedded("./data");
using var host = builder.Build();
await host.StartAsync();
await host.Services.GetRequiredService<IPublisher>().PublishAsync(new OutgoingMessage { Topic = "greetings", Body = "hello"u8.ToArray() });
await host.Services.GetRequiredService<HandlersStatus>().WhenCaughtUpAsync();
await host.StopAsync();

internal static class Greetings
{
    [StreamHandler("greetings")]
    public static void OnGreeting(string text) => Console.WriteLine($"handled: {text}");
}
