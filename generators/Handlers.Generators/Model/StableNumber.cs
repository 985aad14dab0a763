namespace Handlers.Generators.Model;

/// <summary>A number made from text, the same in every process: FNV-1a, 32 bits, in hexadecimal.</summary>
internal static class StableNumber
{
    public static string Of(string text)
    {
        var number = 2166136261u;
        foreach (var character in text) number = unchecked((number ^ character) * 16777619u);
        return number.ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
    }
}
