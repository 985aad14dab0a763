using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Handlers;

/// <summary>
/// Where a message stands in its lane: a Kafka offset, a Kinesis sequence number with its sub-sequence number, an embedded
/// row. Ordered inside its lane only; two positions of different lanes have no order.
/// </summary>
public readonly struct Position : IEquatable<Position>, IComparable<Position>
{
    /// <summary>A numbered position: an offset or a row.</summary>
    public Position(long number) => Number = number;

    /// <summary>
    /// A position by a decimal sequence number too large for 64 bits (no sign, no leading zeros), with a number inside it.
    /// </summary>
    public Position(string sequence, long number)
    {
        ArgumentException.ThrowIfNullOrEmpty(sequence);
        Sequence = sequence;
        Number = number;
    }

    /// <summary>The decimal sequence number, where the broker has one.</summary>
    public string? Sequence { get; }

    /// <summary>The offset or row; within a sequence, the sub-sequence number.</summary>
    public long Number { get; }

    /// <summary>Compares as numbers, never as text.</summary>
    public int CompareTo(Position other)
    {
        // Decimal numbers without leading zeros: the longer is the larger, and equal lengths compare digit by digit.
        var byLength = (Sequence?.Length ?? 0).CompareTo(other.Sequence?.Length ?? 0);
        if (byLength != 0) return byLength;
        var bySequence = string.CompareOrdinal(Sequence, other.Sequence);
        return bySequence != 0 ? bySequence : Number.CompareTo(other.Number);
    }

    /// <inheritdoc />
    public bool Equals(Position other) => Number == other.Number && string.Equals(Sequence, other.Sequence, StringComparison.Ordinal);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is Position other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Sequence, Number);

    /// <summary>The number, or <c>sequence:number</c>.</summary>
    public override string ToString() => Sequence is null
        ? Number.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Sequence}:{Number}");

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Position position)
    {
        position = default;
        if (string.IsNullOrEmpty(text)) return false;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (!long.TryParse(text.AsSpan(colon + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return false;
        var sequence = colon < 0 ? null : text[..colon];
        if (sequence is not null && (sequence.Length == 0 || sequence.Any(static c => !char.IsAsciiDigit(c)) || (sequence.Length > 1 && sequence[0] == '0'))) return false;
        position = sequence is null ? new Position(number) : new Position(sequence, number);
        return true;
    }

    /// <summary>Same position of the same lane.</summary>
    public static bool operator ==(Position left, Position right) => left.Equals(right);

    /// <summary>Another position.</summary>
    public static bool operator !=(Position left, Position right) => !left.Equals(right);

    /// <summary>Before, in the same lane.</summary>
    public static bool operator <(Position left, Position right) => left.CompareTo(right) < 0;

    /// <summary>Before or at, in the same lane.</summary>
    public static bool operator <=(Position left, Position right) => left.CompareTo(right) <= 0;

    /// <summary>After, in the same lane.</summary>
    public static bool operator >(Position left, Position right) => left.CompareTo(right) > 0;

    /// <summary>After or at, in the same lane.</summary>
    public static bool operator >=(Position left, Position right) => left.CompareTo(right) >= 0;
}
