using System.Text.Json.Serialization;
using Handlers;

namespace SearchIndexKinesis;

/// <summary>An animal that an aircraft struck.</summary>
public sealed record Strike(int Report, string Date, string Airport, string State, string Aircraft, string Operator, string Species, string Phase, string Damage);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Strike))]
internal sealed partial class AppJson : JsonSerializerContext;

/// <summary>The search service: it hears of each report on the stream, and its index updates itself.</summary>
public sealed class Search(SearchIndex index)
{
    /// <summary>A list of reports is one transaction of the index. A report that comes again replaces itself.</summary>
    [StreamHandler(StreamName, Group = "search")]
    public void OnStrikes(IReadOnlyList<Strike> strikes) => index.Put(strikes);

    public const string StreamName = "wildlife-strikes";
}
