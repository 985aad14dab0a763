using System.Globalization;
using System.Text;

namespace Handlers.Generators.Emitting;

/// <summary>Writes an object of JSON, which netstandard2.0 has nothing for. What is null is left out.</summary>
internal sealed class JsonText
{
    private readonly StringBuilder text = new("{");
    private bool isFirst = true;

    public JsonText Text(string member, string? value)
    {
        if (value is not null) Quote(Name(member), value);
        return this;
    }

    public JsonText Number(string member, int? value)
    {
        if (value is { } number) Name(member).Append(number.ToString(CultureInfo.InvariantCulture));
        return this;
    }

    /// <summary>Left out where it is null; who wants to leave out false says null.</summary>
    public JsonText Truth(string member, bool? value)
    {
        if (value is { } truth) Name(member).Append(truth ? "true" : "false");
        return this;
    }

    /// <summary>Left out where it is empty.</summary>
    public JsonText Texts(string member, IEnumerable<string> values)
    {
        var before = '[';
        foreach (var value in values)
        {
            if (before == '[') Name(member);
            Quote(text.Append(before), value);
            before = ',';
        }

        if (before == ',') text.Append(']');
        return this;
    }

    public JsonText Object(string member, JsonText? value)
    {
        if (value is not null) Name(member).Append(value);
        return this;
    }

    /// <summary>The whole object.</summary>
    public override string ToString() => text + "}";

    private StringBuilder Name(string member)
    {
        if (!isFirst) text.Append(',');
        isFirst = false;
        return Quote(text, member).Append(':');
    }

    private static StringBuilder Quote(StringBuilder text, string value)
    {
        text.Append('"');
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            var isPair = char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]);
            if (c is '"' or '\\') text.Append('\\').Append(c);
            else if (isPair) text.Append(c).Append(value[++i]);
            // Half of a character has no place in UTF-8, which attributes are kept in; and a line ends nowhere inside of a text.
            else if (c < ' ' || char.IsSurrogate(c) || c is '\u007f' or '\u0085' or '\u2028' or '\u2029') text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else text.Append(c);
        }

        return text.Append('"');
    }
}
