namespace Handlers;

/// <summary>
/// Messages of one lane, in order. Owned by the lane's loop, filled by the lane, used again for the next read.
/// </summary>
/// <param name="maxCount">The most messages that it holds. At least 1.</param>
/// <param name="maxBytes">The most bytes of keys and bodies; the first message is taken however large it is.</param>
public sealed class MessageBatch(int maxCount, long maxBytes)
{
    private readonly Message[] messages = new Message[maxCount];
    private Action? givenBack;

    /// <summary>How many messages it holds.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of the keys and bodies that it holds.</summary>
    public long Bytes { get; private set; }

    /// <summary>The most messages that it may hold.</summary>
    public int MaxCount => messages.Length;

    /// <summary>The most bytes of keys and bodies that it may hold.</summary>
    public long MaxBytes { get; } = maxBytes;

    /// <summary>The messages, in their order.</summary>
    public ReadOnlySpan<Message> Messages => messages.AsSpan(0, Count);

    /// <summary>One message. Valid until the batch is cleared.</summary>
    public ref readonly Message this[int index] => ref messages[index];

    /// <summary>Whether another message of so many bytes may be added: the first always.</summary>
    public bool HasRoomFor(long bytes) => Count == 0 || (Count < messages.Length && Bytes + bytes <= MaxBytes);

    /// <summary>Adds a message. Called by the lane.</summary>
    public void Add(in Message message)
    {
        messages[Count++] = message;
        Bytes += message.Key.Length + message.Body.Length;
    }

    /// <summary>Called by a lane whose bytes are native: <paramref name="free"/> runs once, when the batch is cleared.</summary>
    public void OnCleared(Action free) => givenBack += free;

    /// <summary>Empties it and gives native bytes back. Called by the loop, when nothing refers to the bytes any more.</summary>
    public void Clear()
    {
        Array.Clear(messages, 0, Count);
        Count = 0;
        Bytes = 0;
        var free = givenBack;
        givenBack = null;
        free?.Invoke();
    }
}
