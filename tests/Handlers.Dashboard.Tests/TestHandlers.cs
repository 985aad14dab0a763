namespace Handlers.Dashboard.Tests;

/// <summary>Lets handlers hang until the test lets go.</summary>
public sealed class Gate
{
    private TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Hang(CancellationToken stop) => open.Task.WaitAsync(stop);

    public void LetGo() => Interlocked.Exchange(ref open, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}

public sealed class Alerts(Gate gate)
{
    [StreamHandler("earthquakes", Group = "alerts")]
    public Task OnEarthquake(string body, CancellationToken stop) => body == "hang" ? gate.Hang(stop) : Task.CompletedTask;
}

public sealed class Payments(Gate gate)
{
    [StreamHandler("payments", Group = "billing", Ordering = Ordering.Key, Concurrency = 8), DeadLetter("payments.dead")]
    public Task OnPayment(string body, CancellationToken stop) => body switch
    {
        "hang" => gate.Hang(stop),
        _ when body.Contains("bad", StringComparison.Ordinal) => throw new InvalidOperationException("The card is refused."),
        _ => Task.CompletedTask,
    };
}
