using System.Runtime.CompilerServices;
using System.Text;

namespace Handlers;

/// <summary>Calls the user's method. Emitted; never throws before the method is called, other than <see cref="InvalidMessageException"/>.</summary>
public delegate ValueTask Dispatch<in T>(T payload, in HandlerCall call);

/// <summary>
/// What generated code may take for one call. It lives on the stack and reads the batch's bytes, so generated code takes from
/// it what the method asks for before the method's first await.
/// </summary>
public readonly ref struct HandlerCall
{
    private readonly ref readonly Message message;
    private readonly CallSite site;
    private readonly Outbox? outbox;

    internal HandlerCall(ref readonly Message message, CallSite site, object? handler, IServiceProvider? services, CancellationToken stop, Outbox? outbox = null)
    {
        this.message = ref message;
        this.site = site;
        this.outbox = outbox;
        Handler = handler;
        this.services = services;
        Stop = stop;
    }

    private readonly IServiceProvider? services;

    /// <summary>The instance to call; null for a static method.</summary>
    public object? Handler { get; }

    /// <summary>The services of this message's scope. Only where <see cref="HandlerRegistration.NeedsScope"/> is set.</summary>
    public IServiceProvider Services => services ?? throw new InvalidOperationException($"Handler '{site.Handler}' was registered without a scope.");

    /// <summary>Fires when the handler should give up: stop, hand-over, loss of the lane, its time limit.</summary>
    public CancellationToken Stop { get; }

    /// <summary>A new context of this message.</summary>
    public MessageContext Context => site.Context(in message);

    /// <summary>The key as text; null where it has none.</summary>
    public string? KeyText => message.Key.IsNull ? null : Encoding.UTF8.GetString(message.Key.Span);

    /// <summary>The key as an array of its own; null where it has none.</summary>
    public byte[]? KeyArray => message.Key.IsNull ? null : message.Key.Span.ToArray();

    /// <summary>The key as memory; null where it has none.</summary>
    public ReadOnlyMemory<byte>? KeyMemory => message.Key.ToNullableMemory();

    /// <summary>The last header of this name as text; null where it is missing or null.</summary>
    public string? HeaderText(string name) => message.Headers?.Text(name);

    /// <summary>The last header of this name as an array of its own; null where it is missing or null.</summary>
    public byte[]? HeaderArray(string name) => HeaderMemory(name)?.ToArray();

    /// <summary>The last header of this name as memory; null where it is missing or null.</summary>
    public ReadOnlyMemory<byte>? HeaderMemory(string name) =>
        message.Headers is { } headers && headers.TryGet(name, out var value) ? value : null;

    /// <summary>The value of a part that the method requires; without it the message is invalid.</summary>
    /// <param name="value">The part.</param>
    /// <param name="what">What it is, for the error: <c>a key</c>, <c>the header 'type'</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Required<T>(T? value, string what) where T : class => value ?? throw Missing(what);

    /// <inheritdoc cref="Required{T}(T, string)" />
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Required<T>(T? value, string what) where T : struct => value ?? throw Missing(what);

    /// <summary>Publishes what the method returned; null publishes nothing. Acknowledged when it completes.</summary>
    public ValueTask PublishAsync<T>(T result, Pack<T> pack) =>
        result is null ? default : site.Output(in message, outbox).PublishAsync(result, pack, Stop);

    /// <inheritdoc cref="PublishAsync{T}(T, Pack{T})" />
    public ValueTask PublishResultAsync<T>(Task<T> result, Pack<T> pack) => site.Output(in message, outbox).PublishAsync(new ValueTask<T>(result), pack, Stop);

    /// <inheritdoc cref="PublishAsync{T}(T, Pack{T})" />
    public ValueTask PublishResultAsync<T>(ValueTask<T> result, Pack<T> pack) => site.Output(in message, outbox).PublishAsync(result, pack, Stop);

    /// <summary>Publishes each value as it comes, in order; completes when all are acknowledged.</summary>
    public ValueTask PublishEachAsync<T>(IAsyncEnumerable<T> results, Pack<T> pack) => site.Output(in message, outbox).PublishEachAsync(results, pack, Stop);

    private static InvalidMessageException Missing(string what) => new($"The message has no value for {what}, which the handler requires.");
}
