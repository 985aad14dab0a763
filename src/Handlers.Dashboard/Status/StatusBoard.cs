namespace Handlers.Dashboard;

/// <summary>
/// What all viewers see: one snapshot a second however many there are, and none while nobody looks. A broker that does not answer holds up no
/// page: its lights are then those of the look before.
/// </summary>
/// <param name="handlers">The handlers of now.</param>
/// <param name="look">Looks at a light, which may take seconds.</param>
/// <param name="time">Time.</param>
internal sealed class StatusBoard(Func<IReadOnlyList<HandlerStatus>> handlers, Func<HealthLight, ValueTask<LightStatus>> look, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400); // with lights that ask a broker

    private readonly Lock gate = new();
    private TaskCompletionSource<StatusSnapshot>? current; // guarded by gate
    private long takenAt;                                  // guarded by gate
    private Task<IReadOnlyList<LightStatus>>? looking;     // of the one snapshot that is being taken, as below
    private IReadOnlyList<LightStatus>? seen;

    /// <summary>A snapshot that is at most a second old.</summary>
    public Task<StatusSnapshot> ReadAsync(CancellationToken stop)
    {
        TaskCompletionSource<StatusSnapshot> taking;
        lock (gate)
        {
            if (current is { } known && (!known.Task.IsCompleted || (known.Task.IsCompletedSuccessfully && time.GetElapsedTime(takenAt) < Fresh)))
                return known.Task.WaitAsync(stop);
            current = taking = new(TaskCreationOptions.RunContinuationsAsynchronously);
            takenAt = time.GetTimestamp();
        }

        _ = TakeAsync(taking);
        return taking.Task.WaitAsync(stop);
    }

    /// <summary>Something was done: who asks next sees it.</summary>
    public void Forget()
    {
        lock (gate)
            if (current is { Task.IsCompleted: true }) current = null;
    }

    private async Task TakeAsync(TaskCompletionSource<StatusSnapshot> into)
    {
        try
        {
            into.SetResult(new StatusSnapshot(time.GetUtcNow(), handlers(), await LightsAsync()));
        }
        catch (Exception e)
        {
            into.SetException(e); // whoever asked hears of it; the next one asks anew
        }
    }

    /// <summary>The first time it waits for the answer, however long that takes: nothing is known before. One caller at a time.</summary>
    private async Task<IReadOnlyList<LightStatus>> LightsAsync()
    {
        // What a look that took longer came to counts before the next: who asks seldom would else never see it.
        if (looking is { IsCompletedSuccessfully: true } last) seen = await last;
        if (looking is not { IsCompleted: false }) looking = LookAsync();
        if (seen is { } before && await Task.WhenAny(looking, Task.Delay(Patience, time)) != looking) return before;
        return seen = await looking;
    }

    private async Task<IReadOnlyList<LightStatus>> LookAsync() =>
        await Task.WhenAll(Enum.GetValues<HealthLight>().Select(light => look(light).AsTask()));
}

/// <summary>One look at everything.</summary>
/// <param name="At">When.</param>
/// <param name="Handlers">The handlers, with their lanes.</param>
/// <param name="Lights">The three lights.</param>
internal sealed record StatusSnapshot(DateTimeOffset At, IReadOnlyList<HandlerStatus> Handlers, IReadOnlyList<LightStatus> Lights);
