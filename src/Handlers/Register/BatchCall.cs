namespace Handlers;

/// <summary>Calls the user's method with a batch. Emitted.</summary>
public delegate ValueTask DispatchBatch<T>(BatchCall<T> call);

/// <summary>What generated code may take for one call of a batch handler.</summary>
/// <typeparam name="T">The payload of one message.</typeparam>
public sealed class BatchCall<T>
{
    private readonly IServiceProvider? services;

    internal BatchCall(IReadOnlyList<Message<T>> messages, BatchContext context, object? handler, IServiceProvider? services, CancellationToken stop)
    {
        Messages = messages;
        Context = context;
        Handler = handler;
        this.services = services;
        Stop = stop;
    }

    /// <summary>The messages, in the order of the lane.</summary>
    public IReadOnlyList<Message<T>> Messages { get; }

    /// <summary>Their payloads, in the same order.</summary>
    public IReadOnlyList<T> Payloads => [.. Messages.Select(static m => m.Payload)];

    /// <summary>Fails single items.</summary>
    public BatchContext Context { get; }

    /// <summary>The instance to call; null for a static method.</summary>
    public object? Handler { get; }

    /// <summary>The services of this call's scope. Only where <see cref="HandlerRegistration.NeedsScope"/> is set.</summary>
    public IServiceProvider Services => services ?? throw new InvalidOperationException($"Handler '{Context.Handler}' was registered without a scope.");

    /// <summary>Fires when the handler should give up.</summary>
    public CancellationToken Stop { get; }
}
