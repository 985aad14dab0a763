using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Handlers.Generators.Parsing;

/// <summary>Constants as C# spells them, with their type.</summary>
internal static class Literals
{
    public static string Of(object value, ITypeSymbol type) => value switch
    {
        _ when type.TypeKind == TypeKind.Enum => $"({type.Key()})({Of(value)})",
        _ => Of(value),
    };

    private static string Of(object value) => value switch
    {
        string text => SymbolDisplay.FormatLiteral(text, quote: true),
        char character => SymbolDisplay.FormatLiteral(character, quote: true),
        bool truth => truth ? "true" : "false",
        double.NaN => "double.NaN",
        double.PositiveInfinity => "double.PositiveInfinity",
        double.NegativeInfinity => "double.NegativeInfinity",
        float.NaN => "float.NaN",
        float.PositiveInfinity => "float.PositiveInfinity",
        float.NegativeInfinity => "float.NegativeInfinity",
        double number => number.ToString("R", CultureInfo.InvariantCulture) + "d",
        float number => number.ToString("R", CultureInfo.InvariantCulture) + "f",
        decimal number => number.ToString(CultureInfo.InvariantCulture) + "m",
        int number => number.ToString(CultureInfo.InvariantCulture),
        _ => $"({TypeName(value)})({((IFormattable)value).ToString(null, CultureInfo.InvariantCulture)})",
    };

    private static string TypeName(object value) => value switch
    {
        byte => "byte",
        sbyte => "sbyte",
        short => "short",
        ushort => "ushort",
        uint => "uint",
        long => "long",
        _ => "ulong",
    };
}
