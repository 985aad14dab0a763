using System.Globalization;
using Amazon.DynamoDBv2.Model;

namespace Handlers.Kinesis;

/// <summary>The expressions of a conditional update. Every name and value has a placeholder, so no name can be a word of the expression language.</summary>
internal sealed class DynamoChange
{
    private readonly List<string> conditions = [];
    private readonly List<string> sets = [];
    private readonly List<string> removals = [];

    public Dictionary<string, string> Names { get; } = [];

    public Dictionary<string, AttributeValue> Values { get; } = [];

    public string Condition => string.Join(" AND ", conditions);

    public string Update => string.Join(' ', new[]
    {
        sets.Count > 0 ? "SET " + string.Join(", ", sets) : "",
        removals.Count > 0 ? "REMOVE " + string.Join(", ", removals) : "",
    }.Where(static part => part.Length > 0));

    /// <summary>Only if the attribute is this; null: if there is none.</summary>
    public void IfIs(string attribute, AttributeValue? value) =>
        conditions.Add(value is null ? $"attribute_not_exists({Name(attribute)})" : $"{Name(attribute)} = {Value(value)}");

    /// <summary>The attribute becomes this; null: there is none any more.</summary>
    public void Set(string attribute, AttributeValue? value)
    {
        if (value is null) removals.Add(Name(attribute));
        else sets.Add($"{Name(attribute)} = {Value(value)}");
    }

    private string Name(string attribute)
    {
        var name = "#" + attribute;
        Names[name] = attribute;
        return name;
    }

    private string Value(AttributeValue value)
    {
        var name = ":v" + Values.Count.ToString(CultureInfo.InvariantCulture);
        Values.Add(name, value);
        return name;
    }
}
