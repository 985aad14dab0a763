using System.Runtime.InteropServices;
using System.Text;

namespace Handlers;

/// <summary>
/// The bytes of a key or a body: managed or native memory, or null (a tombstone's body; a missing key). Null is not empty.
/// </summary>
/// <remarks>
/// Invariant: native bytes are valid until the <see cref="MessageBatch"/> that holds them is cleared. Whoever keeps bytes
/// across an await takes <see cref="ToMemory"/>, which copies native bytes and hands out managed ones as they are.
/// </remarks>
public readonly unsafe struct Bytes
{
    private readonly byte[]? array;
    private readonly nint start;
    private readonly int lengthPlusOne; // 0: null, so that default(Bytes) is null

    private Bytes(byte[]? array, nint start, int length)
    {
        this.array = array;
        this.start = start;
        lengthPlusOne = length + 1;
    }

    /// <summary>No bytes at all, as opposed to zero bytes.</summary>
    public static Bytes Null => default;

    /// <summary>True where there are no bytes at all.</summary>
    public bool IsNull => lengthPlusOne == 0;

    /// <summary>Count of bytes; 0 when null.</summary>
    public int Length => lengthPlusOne == 0 ? 0 : lengthPlusOne - 1;

    /// <summary>The bytes; empty when null.</summary>
    public ReadOnlySpan<byte> Span => array is not null
        ? new ReadOnlySpan<byte>(array, (int)start, Length)
        : new ReadOnlySpan<byte>((void*)start, Length);

    /// <summary>Managed bytes, not copied. They must not change afterwards.</summary>
    public static Bytes Of(byte[]? bytes) => bytes is null ? default : new(bytes, 0, bytes.Length);

    /// <summary>Managed bytes, copied only where no array is behind them.</summary>
    public static Bytes Of(ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } memory) return default;
        if (!MemoryMarshal.TryGetArray(memory, out var segment)) return Of(memory.ToArray());
        return new(segment.Array ?? [], segment.Offset, segment.Count);
    }

    /// <summary>The first bytes of an array, not copied.</summary>
    internal static Bytes Of(byte[] array, int length) => new(array, 0, length);

    /// <summary>Whether they are the batch's and go with it.</summary>
    internal bool IsNative => array is null && !IsNull;

    /// <summary>Native bytes that the owner of the batch frees when the batch is cleared.</summary>
    public static Bytes OfNative(void* start, int length) => new(null, (nint)start, length);

    /// <summary>The bytes from an index on, not copied. Null has none.</summary>
    public Bytes Slice(int start)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length);
        return IsNull ? default : new(array, this.start + start, Length - start);
    }

    /// <summary>The bytes as memory that outlives the batch; null when null.</summary>
    // A bare null would become a null array and that an empty memory, by memory's own conversion.
    public ReadOnlyMemory<byte>? ToNullableMemory() => IsNull ? default(ReadOnlyMemory<byte>?) : ToMemory();

    /// <summary>The bytes as memory that outlives the batch; empty when null.</summary>
    public ReadOnlyMemory<byte> ToMemory() =>
        array is not null ? new ReadOnlyMemory<byte>(array, (int)start, Length) : Span.ToArray();

    /// <summary>The length, never the content: bodies do not belong in logs.</summary>
    public override string ToString() => IsNull ? "null" : $"{Length} bytes";

    internal string ToText() => Encoding.UTF8.GetString(Span);
}
