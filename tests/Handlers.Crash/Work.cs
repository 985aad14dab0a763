using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Handlers.Crash;

/// <summary>The program that is killed: handlers, generated registration, a transport, settings from the environment.</summary>
internal static class Work
{
    public static async Task RunAsync(ICrashTransport transport, string ledgerPath)
    {
        using var ledger = new Ledger(ledgerPath);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.AddFilter<ConsoleLoggerProvider>(null, LogLevel.Warning).AddProvider(ledger);
        builder.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton(ledger).AddSingleton(new Failures(builder.Configuration.GetValue<int>(Failures.Key), builder.Configuration.GetValue<bool>(Failures.ResultsKey)));
        transport.Use(builder.Services.AddStreamHandlers());
        using var host = builder.Build();
        _ = EndWithStarterAsync(host.Services.GetRequiredService<IHostApplicationLifetime>());
        await host.RunAsync();
    }

    /// <summary>Input ends when the process that started this one does: no worker outlives a proof that was broken off.</summary>
    private static async Task EndWithStarterAsync(IHostApplicationLifetime lifetime)
    {
        await Task.Yield();
        while (await Console.In.ReadLineAsync() is not null)
        {
        }

        lifetime.StopApplication();
    }
}
