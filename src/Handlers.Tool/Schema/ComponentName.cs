using System.Text;
using Handlers.Generators.Model;

namespace Handlers.Tool;

/// <summary>Keys of components in AsyncAPI: letters, digits, dots, dashes and underscores. So nothing in a reference needs to be escaped.</summary>
internal static class ComponentName
{
    /// <summary>The text itself where it is one; else a key that no other text has.</summary>
    public static string Of(string text)
    {
        var name = new StringBuilder(text.Length);
        foreach (var c in text) name.Append(char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_');
        return name.ToString() == text && text.Length > 0 ? text : $"{name}_{StableNumber.Of(text)}";
    }
}
