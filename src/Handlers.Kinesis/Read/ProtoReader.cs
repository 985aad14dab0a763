namespace Handlers.Kinesis;

/// <summary>Protobuf's wire format, as far as aggregates need it. Never throws: what is not well formed ends the reading.</summary>
/// <param name="bytes">What is read.</param>
/// <param name="start">Where it begins.</param>
/// <param name="end">Behind its last byte.</param>
internal ref struct ProtoReader(ReadOnlySpan<byte> bytes, int start, int end)
{
    private const int LongestVarint = 10;

    private readonly ReadOnlySpan<byte> bytes = bytes;
    private readonly int end = end;
    private bool isBroken; // a field has begun that is none

    /// <summary>Where the next byte is.</summary>
    public int At { get; private set; } = start;

    /// <summary>Everything was read, and well formed.</summary>
    public readonly bool IsAtEnd => At == end && !isBroken;

    /// <summary>The next field's number and type. False: there is none; whether that is the end says <see cref="IsAtEnd"/>.</summary>
    public bool TryField(out int number, out WireType type)
    {
        (number, type) = (0, default);
        if (At == end) return false;
        isBroken = !TryVarint(out var tag) || tag > uint.MaxValue || tag >> 3 == 0;
        if (isBroken) return false;
        number = (int)(tag >> 3);
        type = (WireType)(tag & 7);
        return true;
    }

    public bool TryVarint(out ulong value)
    {
        value = 0;
        for (var i = 0; i < LongestVarint && At < end; i++)
        {
            var next = bytes[At++];
            value |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80) return true;
        }

        return false;
    }

    /// <summary>Where a field of bytes stands, which is read then.</summary>
    public bool TryBytes(out Slice slice)
    {
        slice = default;
        if (!TryVarint(out var length) || length > (ulong)(end - At)) return false;
        slice = new Slice(At, (int)length);
        At += (int)length;
        return true;
    }

    /// <summary>Steps over the value of a field that nobody knows here.</summary>
    public bool TrySkip(WireType type) => type switch
    {
        WireType.Varint => TryVarint(out _),
        WireType.Bytes => TryBytes(out _),
        WireType.Fixed64 => TrySkip(8),
        WireType.Fixed32 => TrySkip(4),
        _ => false, // groups: nobody writes them
    };

    private bool TrySkip(int count)
    {
        if (end - At < count) return false;
        At += count;
        return true;
    }
}

/// <summary>Where bytes stand in an aggregate.</summary>
internal readonly record struct Slice(int Start, int Length)
{
    public int End => Start + Length;
}

/// <summary>Protobuf's kinds of values.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}
