using System.Diagnostics.CodeAnalysis;

namespace Handlers;

/// <summary>
/// What runs, for those who look at it, and the seams by which a test host or a simulation stands in for the process.
/// </summary>
internal sealed class HandlersRuntime : IAsyncDisposable
{
    private bool started;
    private bool stopping;
    private bool stopped;
    private readonly Lock gate = new();
    private readonly List<SubscriptionLoop> subscriptions = []; // guarded by gate
    private readonly List<Exception> failures = [];             // guarded by gate
    private readonly Lazy<IReadOnlyDictionary<string, Lazy<ITransport>>> transports;

    public HandlersRuntime(HandlerDeclarations declarations, IServiceProvider services) =>
        transports = new(() => declarations.Transports.ToDictionary(
            t => t.Key, t => new Lazy<ITransport>(() => t.Value(services)), StringComparer.Ordinal));

    /// <summary>Starts work. Production: the thread pool, with no context to come back to.</summary>
    [SuppressMessage("ApiDesign", "RS0030", Justification = "The one place where work of the runtime starts.")]
    public StartWork StartWork { get; init; } = Task.Run;

    /// <summary>From 0 to 1, for the jitter of pauses.</summary>
    public Func<double> Random { get; init; } = System.Random.Shared.NextDouble;

    /// <summary>Whether this host is the process: its signals and its exit code are ours to use.</summary>
    public bool OwnsProcess { get; init; } = true;

    /// <summary>Whether every subscription is there. Written by the service, read by anybody.</summary>
    public bool HasStarted
    {
        get => Volatile.Read(ref started);
        set => Volatile.Write(ref started, value);
    }

    /// <summary>Whether the host's stop has begun. Written by the service, read by anybody.</summary>
    public bool IsStopping
    {
        get => Volatile.Read(ref stopping);
        set => Volatile.Write(ref stopping, value);
    }

    /// <summary>Whether every subscription has ended, by the host's stop. Written by the service, read by anybody.</summary>
    public bool HasStopped
    {
        get => Volatile.Read(ref stopped);
        set => Volatile.Write(ref stopped, value);
    }

    public IReadOnlyList<SubscriptionLoop> Subscriptions
    {
        get
        {
            lock (gate) return [.. subscriptions];
        }
    }

    public IReadOnlyList<Exception> Failures
    {
        get
        {
            lock (gate) return [.. failures];
        }
    }

    /// <summary>Whether somebody has asked for a transport: what is declared does not change any more.</summary>
    public bool HasTransports => transports.IsValueCreated;

    /// <summary>Those that somebody has asked for.</summary>
    public IReadOnlyList<ITransport> Transports => transports.IsValueCreated ? [.. transports.Value.Values.Where(static t => t.IsValueCreated).Select(static t => t.Value).Distinct()] : [];

    /// <summary>A transport by its name; made when first asked for.</summary>
    public ITransport Transport(string name) => transports.Value.TryGetValue(name, out var transport)
        ? transport.Value
        : throw new HandlersConfigurationException([$"There is no transport '{name}'. Choose one: services.AddStreamHandlers().UseEmbedded(\"./data\"), for example.{(transports.Value.Count == 0 ? "" : Closest.Hint(name, transports.Value.Keys))}"]);

    public void Add(SubscriptionLoop subscription)
    {
        lock (gate) subscriptions.Add(subscription);
    }

    /// <summary>One begins again: the next stands where the one before stood.</summary>
    public void Replace(SubscriptionLoop before, SubscriptionLoop next)
    {
        lock (gate) subscriptions[subscriptions.IndexOf(before)] = next;
    }

    public void Failed(Exception failure)
    {
        lock (gate) failures.Add(failure);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var subscription in Subscriptions) await subscription.DisposeAsync(); // a start that failed half-way
        if (!transports.IsValueCreated) return;
        foreach (var transport in transports.Value.Values.Where(t => t.IsValueCreated)) await transport.Value.DisposeAsync();
    }

    public void SetExitCode(int code)
    {
        if (OwnsProcess) Environment.ExitCode = code;
    }
}
