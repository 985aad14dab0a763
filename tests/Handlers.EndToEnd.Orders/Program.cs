using System.Globalization;
using Handlers;
using Handlers.EndToEnd.Orders;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// An application as its users write it, for tests of its commands in a process of its own:
//   publish <count>           publishes orders
//   publish-letters <count>   publishes dead letters, as the runtime would
//   redrive ..., replay ...   the commands of every application
//   nothing                   handles orders until it is stopped; they fail while there is a file `broken` in the folder
var builder = Host.CreateApplicationBuilder();
var folder = builder.Configuration["Folder"]!;
builder.Services.AddSingleton(new Shelf(folder));
builder.Services.AddStreamHandlers().UseEmbedded(folder);
var host = builder.Build();
if (args is ["publish" or "publish-letters", var count])
{
    var numbers = Enumerable.Range(0, int.Parse(count, CultureInfo.InvariantCulture));
    await host.Services.GetRequiredService<IPublisher>().PublishAsync([.. numbers.Select(n => args[0] == "publish" ? Letters.Order(n) : Letters.Letter(n))]);
    await ((IAsyncDisposable)host).DisposeAsync();
    return;
}

await host.RunHandlersAsync(args);
