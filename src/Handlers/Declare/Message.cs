namespace Handlers;

/// <summary>What a lane hands out: bytes of key and body, headers, timestamp, position.</summary>
/// <remarks>Which parts are filled follows from <see cref="SubscribedTopic.Reads"/>; body and position always are.</remarks>
public struct Message
{
    /// <summary>Where it stands in its lane.</summary>
    public Position Position { get; set; }

    /// <summary>The key; null where it has none.</summary>
    public Bytes Key { get; set; }

    /// <summary>The body; null for a tombstone.</summary>
    public Bytes Body { get; set; }

    /// <summary>The headers; null where there are none or nobody reads them.</summary>
    public Headers? Headers { get; set; }

    /// <summary>When it was published, in milliseconds since 1970-01-01 UTC.</summary>
    public long TimestampMilliseconds { get; set; }

    /// <summary>The same, safe to keep when the batch is cleared: native bytes are copied, managed ones are as they are.</summary>
    internal readonly Message Keep() => this with { Key = Bytes.Of(Key.ToNullableMemory()), Body = Bytes.Of(Body.ToNullableMemory()) };
}

/// <summary>The parts of a message that handlers read, so that a transport does not marshal what nobody asks for.</summary>
[Flags]
public enum MessageParts
{
    /// <summary>Body and position alone.</summary>
    None = 0,

    /// <summary>The key.</summary>
    Key = 1,

    /// <summary>The headers.</summary>
    Headers = 2,

    /// <summary>The timestamp.</summary>
    Timestamp = 4,

    /// <summary>Everything.</summary>
    All = Key | Headers | Timestamp,
}
