using Handlers;
using Handlers.Dashboard;
using Handlers.Embedded;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

var builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Logging.ClearProviders();
builder.Services.AddStreamHandlers().UseEmbedded("./data");
await using var app = builder.Build();
app.MapStreamHandlers();
await app.StartAsync();
using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
foreach (var path in (string[])["/health/live", "/metrics", "/handlers/", "/handlers/app.js", "/handlers/api/status"])
    Console.WriteLine($"{path} {(int)(await http.GetAsync(path)).StatusCode}");
await app.StopAsync();

internal static class Greetings
{
    [StreamHandler("greetings")]
    public static void OnGreeting(string text) => Console.WriteLine($"handled: {text}");
}
