namespace Handlers.Embedded;

/// <summary>
/// The one loop beside the writer: looks for what other processes wrote, and gives every subscription its beat. Never on a
/// handler's path.
/// </summary>
internal sealed class Heartbeat(EmbeddedTransport transport) : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly List<EmbeddedSubscription> subscriptions = [];
    private readonly Dictionary<string, long> versions = new(StringComparer.Ordinal);
    private readonly Trouble looking = new(transport.Time, transport.Options.LeaseTime);
    private TaskCompletionSource woken = New();
    private Task? loop;
    private Exception? failure;

    /// <summary>Begins to beat, once the file is there. Cheap when it does already.</summary>
    public void Start()
    {
        if (Volatile.Read(ref loop) is not null) return;
        lock (gate)
            if (!stop.IsCancellationRequested) loop ??= Work.Start(LoopAsync);
    }

    public void Add(EmbeddedSubscription subscription)
    {
        Exception? failed;
        lock (gate)
        {
            failed = failure;
            subscriptions.Add(subscription);
        }

        if (failed is not null) subscription.Fail(failed);
        Wake();
    }

    public void Remove(EmbeddedSubscription subscription)
    {
        lock (gate) subscriptions.Remove(subscription);
    }

    /// <summary>Beats now, not at the next interval.</summary>
    public void Wake()
    {
        lock (gate) woken.TrySetResult();
    }

    private async Task LoopAsync()
    {
        try
        {
            using var watch = new FileWatch(transport);
            while (!stop.IsCancellationRequested)
            {
                Beat(watch);
                await RestAsync();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            lock (gate) failure = e;
            foreach (var subscription in Subscriptions()) subscription.Fail(e);
        }
    }

    private void Beat(FileWatch watch)
    {
        try
        {
            watch.Look(versions);
            looking.Over();
        }
        catch (TransportException e) when (e.IsTransient)
        {
            if (looking.Failed()) EmbeddedLogs.LookFailed(transport.Log, transport.File.Path, e);
        }

        foreach (var subscription in Subscriptions()) subscription.Beat(versions.GetValueOrDefault(subscription.Group));
        transport.Retention.Beat();
    }

    private async Task RestAsync()
    {
        Task wake;
        lock (gate)
        {
            if (woken.Task.IsCompleted) woken = New();
            wake = woken.Task;
        }

        using var rest = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        await Task.WhenAny(Task.Delay(transport.Options.PollInterval, transport.Time, rest.Token), wake);
        await rest.CancelAsync();
    }

    public EmbeddedSubscription[] Subscriptions()
    {
        lock (gate) return [.. subscriptions];
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (gate)
        {
            stop.Cancel();
            running = loop;
        }

        if (running is not null) await running;
    }
}
