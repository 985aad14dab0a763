namespace Handlers.Tool;

/// <summary>Text in a script of a POSIX shell.</summary>
internal static class ShellText
{
    /// <summary>One word, whatever is in it: between single quotes nothing means anything, and a quote ends them for itself.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>A line that is a comment, whatever is in it.</summary>
    public static string Comment(string text) => "# " + Screen.Visible(text).ReplaceLineEndings(" ");
}
