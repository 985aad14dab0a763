namespace Handlers.Generators.Model;

/// <summary>How bytes become a payload and a payload becomes bytes.</summary>
internal enum PayloadKind
{
    /// <summary>It cannot be unpacked; the handler has an error that says why.</summary>
    Unsupported,
    Json,
    JsonElement,
    Array,
    Memory,
    Text,

    /// <summary>By its own IUnpack and IPack.</summary>
    Self,
    Protobuf,
}

/// <summary>The type of a payload.</summary>
/// <param name="Kind">How it is unpacked and packed.</param>
/// <param name="Type">As C# spells it, without the outermost question mark. Of a framed payload: what is in the frame.</param>
/// <param name="JsonKey">As <c>[JsonSerializable(typeof(...))]</c> of it is looked up: without any nullable annotation.</param>
/// <param name="Text">As people spell it.</param>
/// <param name="IsNullable">True where the declared type has the question mark: tombstones are welcome.</param>
/// <param name="IsValueType">True for structs: with the question mark they are another type.</param>
internal sealed record PayloadModel(PayloadKind Kind, string Type, string JsonKey, string Text, bool IsNullable, bool IsValueType)
{
    /// <summary>For JSON: the context that knows the type.</summary>
    public string? JsonContext { get; init; }

    /// <summary>True for <c>Framed&lt;T&gt;</c>: the frame of a schema is around it.</summary>
    public bool IsFramed { get; init; }

    /// <summary>For a list in one message: the type of its items as people spell it, of which a batch may have been meant.</summary>
    public string? Item { get; init; }

    /// <summary>The type as the method declares it, without the outermost question mark.</summary>
    public string Bare => IsFramed ? $"global::Handlers.Framed<{Type}>" : Type;

    /// <summary>The type as the method declares it.</summary>
    public string Declared => IsNullable ? Bare + "?" : Bare;

    public static PayloadModel None { get; } = new(PayloadKind.Unsupported, "object", "object", "object", false, false);
}

/// <summary>What a method returns.</summary>
internal enum ResultShape
{
    Nothing,
    Task,
    ValueTask,
    Value,
    TaskOfValue,
    ValueTaskOfValue,
    Stream,
}

/// <summary>What a method returns, and what of it is published.</summary>
/// <param name="Shape">How the result is awaited.</param>
/// <param name="Payload">What is packed; null where nothing is published.</param>
internal sealed record ResultModel(ResultShape Shape, PayloadModel? Payload = null)
{
    /// <summary>True where the payload comes in an <c>OutgoingMessage&lt;T&gt;</c>, with key and headers of its own.</summary>
    public bool IsOutgoingMessage { get; init; }

    /// <summary>The published value's type, as the method declares it.</summary>
    public string Declared { get; init; } = "";

    /// <summary>True where the published value may be null, which publishes nothing.</summary>
    public bool IsNullable { get; init; }
}
