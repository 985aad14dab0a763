namespace Handlers;

/// <summary>
/// A handler as generated code declares it: data, and the two delegates of <see cref="HandlerRegistration{T}"/>. Immutable; what
/// configuration overrides is in <see cref="HandlerSettings"/>.
/// </summary>
public abstract class HandlerRegistration
{
    private protected HandlerRegistration() { }

    /// <summary>Unique in the process: the name in configuration, logs and metrics.</summary>
    public required string Name { get; init; }

    /// <summary>What the attributes say.</summary>
    public required HandlerSettings Declared { get; init; }

    /// <summary>The payload's type, as C# spells it. For people and for topology.</summary>
    public required string PayloadType { get; init; }

    /// <summary>What the handler reads beside the body.</summary>
    public MessageParts Reads { get; init; }

    /// <summary>True where the payload is nullable: a null body is a tombstone and is handled with null. Otherwise it is invalid.</summary>
    public bool TakesTombstones { get; init; }

    /// <summary>True where a scope is made for each message: an instance per message, or a parameter from services.</summary>
    public bool NeedsScope { get; init; }

    /// <summary>
    /// The instance to call: resolved per message where <see cref="NeedsScope"/> is set and <see cref="IsSingleton"/> is not, once at
    /// start where <see cref="IsSingleton"/> is set. Null for a static method.
    /// </summary>
    public Func<IServiceProvider, object>? Instance { get; init; }

    /// <summary>True where one instance serves the process.</summary>
    public bool IsSingleton { get; init; }

    /// <summary>Which type of message it takes, where it shares topic and group; null: every one.</summary>
    public MessageTypeMatch? MessageType { get; init; }

    /// <summary>The services without which it cannot be called. Checked at start.</summary>
    public IReadOnlyList<Type> RequiredServices { get; init; } = [];

    /// <summary>Whether it takes lists of messages.</summary>
    internal virtual bool TakesLists => false;

    /// <summary>Hands the registration, with its payload's type, to whoever must be generic over it.</summary>
    internal abstract TResult Accept<TResult>(IHandlerVisitor<TResult> visitor);
}

/// <summary>A handler of one type of payload.</summary>
/// <typeparam name="T">The payload.</typeparam>
public sealed class HandlerRegistration<T> : HandlerRegistration
{
    /// <summary>Bytes to payload.</summary>
    public required Unpack<T> Unpack { get; init; }

    /// <summary>Calls the user's method with what it asks for.</summary>
    public required Dispatch<T> Dispatch { get; init; }

    internal override TResult Accept<TResult>(IHandlerVisitor<TResult> visitor) => visitor.Visit(this);
}

/// <summary>A handler of lists of one type of payload.</summary>
/// <typeparam name="T">The payload of one message.</typeparam>
public sealed class BatchRegistration<T> : HandlerRegistration
{
    /// <summary>Bytes to the payload of one message.</summary>
    public required Unpack<T> Unpack { get; init; }

    /// <summary>Calls the user's method with what it asks for.</summary>
    public required DispatchBatch<T> Dispatch { get; init; }

    internal override bool TakesLists => true;

    internal override TResult Accept<TResult>(IHandlerVisitor<TResult> visitor) => visitor.Visit(this);
}

/// <summary>Which type of message a handler takes. Emitted.</summary>
/// <param name="Type">The type, as messages say it.</param>
/// <param name="Source">Where they say it.</param>
/// <param name="Name">The header or member with the type; null: the default one of the source.</param>
/// <param name="Switch">The emitted switch over all types that handlers of this topic and group take in the assembly. One for all of them.</param>
/// <param name="Index">What the switch says for this handler.</param>
public sealed record MessageTypeMatch(string Type, TypeSource Source, string? Name, TypeSwitch Switch, int Index);

/// <summary>From the type that a message says (UTF-8) to the index of the handler that takes it; -1 where none does. Emitted.</summary>
public delegate int TypeSwitch(ReadOnlySpan<byte> type);

/// <summary>Sees a registration with its payload's type: how the rooms above make what is generic, without reflection.</summary>
internal interface IHandlerVisitor<out TResult>
{
    TResult Visit<T>(HandlerRegistration<T> handler);

    TResult Visit<T>(BatchRegistration<T> handler);
}
