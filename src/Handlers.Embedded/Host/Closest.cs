namespace Handlers.Embedded;

/// <summary>The word that was probably meant.</summary>
internal static class Closest
{
    /// <summary>The one of the words that takes the fewest edits to reach, ignoring case. There is at least one.</summary>
    public static string To(string word, IReadOnlyList<string> words) => words.MinBy(w => Edits(word.ToUpperInvariant(), w.ToUpperInvariant()))!;

    private static int Edits(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j - 1], above) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
