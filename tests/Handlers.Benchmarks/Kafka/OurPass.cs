using Handlers.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Benchmarks;

/// <summary>The production host with generated registration, as an application has it, until all is handled and committed.</summary>
internal static class OurPass
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    public static async Task<Pass> RunAsync(RowRequest request, string group, string handler, KafkaReads reads = KafkaReads.Automatic, Func<Observed>? observed = null)
    {
        using var listener = observed?.Invoke(); // before the host: what is read of messages is settled at its start
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "bench" });
        builder.Configuration.AddInMemoryCollection([
            new($"Handlers:{handler}:Group", group),
            new($"Handlers:{handler}:Topic", request.Topic),
            .. BenchHandlers.Others(handler),
            new("Handlers:CommitInterval", "1"), // as the client by hand
        ]);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddStreamHandlers().UseKafka(options =>
        {
            options.Servers = request.Bootstrap;
            options.Start = StartFrom.Earliest;
            options.Reads = reads;
            foreach (var (name, value) in KafkaSettings.OfAll) options.ConsumerSettings[name] = value;
        });
        using var host = builder.Build();
        var window = Handled.Begin(request.Messages);
        await host.StartAsync();
        var pass = await window.Measured;
        while (Handled.Total < request.Messages) await Task.Delay(Look);
        await host.StopAsync();
        return pass;
    }
}
