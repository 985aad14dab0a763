using System.Text.Json.Nodes;

namespace Handlers.Kinesis.Peers;

/// <summary>What becomes of one call; an empty one passes.</summary>
internal sealed record ProxyStep
{
    public (string Code, int Status)? Error { get; init; }

    public TimeSpan? Late { get; init; }

    public ProxyGate? Gate { get; init; }

    public bool Drop { get; init; }

    public bool DropAnswer { get; init; }

    public bool CutAnswer { get; init; }

    public (string Code, int[] Places)? Records { get; init; }

    public byte[]? Frames { get; init; }
}

/// <summary>The steps that wait for each operation, and the calls that came.</summary>
internal sealed class ProxyPlan
{
    private static readonly ProxyStep Pass = new();

    private readonly Lock turn = new();
    private readonly Dictionary<string, Queue<ProxyStep>> steps = [];
    private readonly Dictionary<string, int> calls = [];
    private readonly Dictionary<string, Action<JsonObject>> changes = [];
    private readonly Dictionary<string, Action<JsonObject, bool>> watches = [];
    private readonly List<ProxyGate> gates = [];

    public void Add(string operation, ProxyStep step, int count = 1)
    {
        lock (turn)
        {
            if (!steps.TryGetValue(operation, out var queue)) steps[operation] = queue = new Queue<ProxyStep>();
            for (var i = 0; i < count; i++) queue.Enqueue(step);
            if (step.Gate is { } gate) gates.Add(gate);
        }
    }

    public int Calls(string operation)
    {
        lock (turn) return calls.GetValueOrDefault(operation);
    }

    public void Release()
    {
        lock (turn) gates.ForEach(gate => gate.Release());
    }

    public void Rewrite(string operation, Action<JsonObject>? change)
    {
        lock (turn)
        {
            if (change is null) changes.Remove(operation);
            else changes[operation] = change;
        }
    }

    public byte[] Rewritten(string operation, byte[] body)
    {
        Action<JsonObject>? change;
        lock (turn) changes.TryGetValue(operation, out change);
        return change is null ? body : ProxyCall.Changed(body, change);
    }

    public void Watch(string operation, Action<JsonObject, bool> see)
    {
        lock (turn) watches[operation] = see;
    }

    public void See(string operation, byte[] asked, bool isDone)
    {
        Action<JsonObject, bool>? see;
        lock (turn) watches.TryGetValue(operation, out see);
        see?.Invoke(JsonNode.Parse(asked)!.AsObject(), isDone);
    }

    public ProxyStep Take(string operation)
    {
        lock (turn)
        {
            calls[operation] = calls.GetValueOrDefault(operation) + 1;
            return steps.TryGetValue(operation, out var queue) && queue.TryDequeue(out var step) ? step : Pass;
        }
    }
}

/// <summary>One call that is held.</summary>
public sealed class ProxyGate
{
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the call is there.</summary>
    public Task Reached => reached.Task;

    /// <summary>It goes on to the emulator.</summary>
    public void Release() => released.TrySetResult();

    internal Task PassAsync(CancellationToken stop)
    {
        reached.TrySetResult();
        return released.Task.WaitAsync(stop);
    }
}
