using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Handlers;

/// <summary>Asks the health checks that handlers name, and pauses their lanes while one is unhealthy or does not answer.</summary>
/// <remarks>A circuit is open until its check has answered for the first time: what is down at the start gets no message (<see cref="TopicLanes"/>).</remarks>
internal sealed class CircuitBreakers(IServiceProvider services, HandlersRuntime runtime, TimeSpan interval, TimeProvider time, ILogger logger)
{
    /// <summary>A check that takes longer is as good as unhealthy: what it asks hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Each names a health check that there is.</summary>
    public static void Check(IServiceProvider services, IEnumerable<CatalogHandler> handlers, List<string> errors)
    {
        var known = services.GetService<IOptions<HealthCheckServiceOptions>>()?.Value.Registrations.Select(r => r.Name).ToList() ?? [];
        foreach (var handler in handlers)
            if (handler.Settings.CircuitBreaker is { } name && !known.Contains(name))
                errors.Add($"Handler '{handler.Registration.Name}' names health check '{name}' in its circuit breaker, which is not registered. Add it with services.AddHealthChecks().{Closest.Hint(name, known)}");
    }

    /// <summary>Runs until <paramref name="ended"/> fires.</summary>
    public async Task RunAsync(CancellationToken ended)
    {
        var circuits = runtime.Subscriptions.SelectMany(s => s.Topics)
            .SelectMany(topic => topic.Topic.CircuitBreakers.Select(check => (Check: check, Topic: topic)))
            .GroupBy(b => b.Check, b => b.Topic).Select(b => new Circuit(b.Key, [.. b])).ToList();
        if (circuits.Count == 0) return;
        var health = services.GetRequiredService<HealthCheckService>();
        try
        {
            while (true)
            {
                foreach (var circuit in circuits) circuit.Asked ??= AskAsync(health, circuit.Check, ended);
                // One that hangs is waited for once, and then holds up no other's.
                await Task.WhenAll(circuits.Where(static c => !c.IsLate).Select(static Task (c) => c.Asked!)).WaitAsync(Patience, time, ended)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                ended.ThrowIfCancellationRequested();
                foreach (var circuit in circuits) await TakeAsync(circuit);
                foreach (var topic in circuits.SelectMany(static c => c.Topics).Distinct())
                    topic.OpenCircuit(circuits.Any(c => c.IsOpen && c.Topics.Contains(topic)));
                await Task.Delay(interval, time, ended);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
    }

    /// <summary>A check that fails answers for itself; what throws here is one that cannot even be made, and the service that asks it.</summary>
    private static async Task<Answer> AskAsync(HealthCheckService health, string check, CancellationToken ended)
    {
        try
        {
            return new((await health.CheckHealthAsync(r => r.Name == check, ended)).Entries[check].Status, null);
        }
        catch (Exception e) when (!ended.IsCancellationRequested)
        {
            return new(HealthStatus.Unhealthy, e);
        }
    }

    /// <summary>What the check says by now.</summary>
    private async Task TakeAsync(Circuit circuit)
    {
        var (isOpen, said, failure) = (true, "not answering", (Exception?)null);
        circuit.IsLate = !circuit.Asked!.IsCompleted;
        if (!circuit.IsLate)
        {
            var answer = await circuit.Asked;
            (isOpen, said, failure, circuit.Asked) = (answer.Status == HealthStatus.Unhealthy, answer.Status.ToString(), answer.Failure, null);
        }

        if (isOpen == circuit.IsOpen) return;
        circuit.IsOpen = isOpen;
        var names = string.Join(", ", circuit.Topics.Select(static t => t.Topic.Names).Distinct());
        if (failure is not null) logger.CircuitCheckFailed(failure, circuit.Check, names);
        else if (isOpen) logger.CircuitOpened(circuit.Check, said, names);
        else logger.CircuitClosed(circuit.Check, said, names);
    }

    /// <summary>What a health check said, or why it could not be asked.</summary>
    private readonly record struct Answer(HealthStatus Status, Exception? Failure);

    /// <summary>A health check, and what pauses by it. Of the one loop.</summary>
    private sealed class Circuit(string check, IReadOnlyList<TopicLanes> topics)
    {
        public string Check => check;

        public IReadOnlyList<TopicLanes> Topics => topics;

        /// <summary>Its check, while it is asked.</summary>
        public Task<Answer>? Asked { get; set; }

        /// <summary>Whether it was waited for in vain.</summary>
        public bool IsLate { get; set; }

        public bool IsOpen { get; set; }
    }
}
