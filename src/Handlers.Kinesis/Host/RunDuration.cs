using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis;

/// <summary>Stops the host, in order, when it has run for a time.</summary>
internal sealed class RunDuration(TimeSpan duration, IHostApplicationLifetime lifetime, TimeProvider time, ILogger log) : IHostedService, IDisposable
{
    private ITimer? timer;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        timer = time.CreateTimer(_ =>
        {
            KinesisLogs.DurationOver(log, duration);
            lifetime.StopApplication();
        }, null, duration, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        timer?.Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => timer?.Dispose();
}
