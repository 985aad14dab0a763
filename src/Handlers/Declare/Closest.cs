namespace Handlers;

/// <summary>The known name that a misspelled one was probably meant to be. Transports use it for topics.</summary>
public static class Closest
{
    /// <summary>A sentence to append to an error: <c> Did you mean 'x'? There are 'x', 'y'.</c></summary>
    public static string Hint(string name, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(name);
        var names = known.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (names.Count == 0) return " There is none.";
        var closest = names.MinBy(k => Distance(name, k))!;
        var near = Distance(name, closest) <= Math.Max(2, name.Length / 3) ? $" Did you mean '{closest}'?" : "";
        var some = string.Join(", ", names.Take(12).Select(k => $"'{k}'")) + (names.Count > 12 ? $" and {names.Count - 12} more" : "");
        return $"{near} There {(names.Count == 1 ? "is" : "are")} {some}.";
    }

    /// <summary>Levenshtein's distance, without regard to case.</summary>
    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = diagonal + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
