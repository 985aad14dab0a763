namespace Handlers.Tool;

/// <summary>Formats of numbers, by the values that they have.</summary>
internal static class NumberRange
{
    private static readonly Dictionary<string, (Int128 Least, Int128 Most)> Whole = new()
    {
        ["uint8"] = (byte.MinValue, byte.MaxValue),
        ["int8"] = (sbyte.MinValue, sbyte.MaxValue),
        ["int16"] = (short.MinValue, short.MaxValue),
        ["uint16"] = (ushort.MinValue, ushort.MaxValue),
        ["int32"] = (int.MinValue, int.MaxValue),
        ["uint32"] = (uint.MinValue, uint.MaxValue),
        ["int64"] = (long.MinValue, long.MaxValue),
        ["uint64"] = (ulong.MinValue, ulong.MaxValue),
    };

    /// <summary>Whether whoever takes the one format takes the other too. Null: every value of the type.</summary>
    public static bool IsFormatWithin(string? narrow, string? wide, IReadOnlyList<string> types)
    {
        if (wide is null || narrow == wide) return true;
        // A number with a fraction is read as one, whatever its precision.
        if (wide is "double" or "float") return types.Any(static t => t is "integer" or "number");
        return narrow is not null && Whole.TryGetValue(narrow, out var small) && Whole.TryGetValue(wide, out var large) && large.Least <= small.Least && small.Most <= large.Most;
    }
}
