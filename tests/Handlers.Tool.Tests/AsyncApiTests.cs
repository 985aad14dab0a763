using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Handlers.Tool.Tests;

/// <summary><c>handlers describe --asyncapi</c>: a document that others' tools read.</summary>
public sealed partial class AsyncApiTests
{
    private static readonly string[] Arguments = ["describe", Ran.App, "--asyncapi", "--broker", "kafka"];

    [Fact]
    public async Task The_document_is_as_approved() => Approved.Check("AsyncApi.json", await Ran.OutputAsync(Arguments));

    [Fact]
    public async Task It_is_valid_by_the_published_meta_schema_and_a_wrong_one_is_refused()
    {
        Assert.SkipWhen(Validator.Missing is not null, Validator.Missing ?? "");
        var document = JsonNode.Parse(await Ran.OutputAsync(Arguments))!;
        var plain = JsonNode.Parse(await Ran.OutputAsync("describe", Ran.App, "--asyncapi"))!;
        // The control of the validator: each of these must not pass.
        var wrong = new Action<JsonNode>[]
        {
            d => d["asyncapi"] = "2.0.0",
            d => d["info"]!.AsObject().Remove("version"),
            d => d["operations"]!["wrong"] = new JsonObject { ["action"] = "eat" },
            d => d["channels"]!["orders"]!["unknown"] = 1,
            d => d["operations"]!["Shop.OnOrder"]!.AsObject().Remove("channel"),
            d => d["components"]!["schemas"]!["Order"]!["type"] = "objekt",
        }.Select(change => { var copy = document.DeepClone(); change(copy); return copy; });
        var said = await Validator.RunAsync([document.DeepClone(), plain, .. wrong]);
        Assert.Equal(["valid", "valid"], said[..2]);
        Assert.All(said[2..], line => Assert.StartsWith("invalid", line, StringComparison.Ordinal));
        Assert.Equal(8, said.Length);
    }

    [Fact]
    public async Task Every_reference_resolves_and_operations_name_messages_of_their_channel()
    {
        var document = JsonNode.Parse(await Ran.OutputAsync(Arguments))!;
        var references = References(document).ToList();
        Assert.True(references.Count > 20);
        Assert.All(references, r => Assert.NotNull(Pointer(document, r)));
        Assert.All(document["operations"]!.AsObject(), o => Assert.All(o.Value!["messages"]!.AsArray(), m => Assert.StartsWith(o.Value["channel"]!["$ref"]!.GetValue<string>() + "/messages/", m!["$ref"]!.GetValue<string>(), StringComparison.Ordinal)));
        foreach (var place in (string[])["messages", "schemas"]) Assert.All(document["components"]![place]!.AsObject(), c => Assert.Matches(Key(), c.Key));
        // Every channel's messages are the components', and each is named by an operation.
        Assert.Equal(document["channels"]!.AsObject().Sum(c => c.Value!["messages"]!.AsObject().Count), document["operations"]!.AsObject().SelectMany(o => o.Value!["messages"]!.AsArray()).Select(m => $"{m!["$ref"]}").Distinct().Count());
    }

    [Fact]
    public async Task Names_that_are_no_component_names_keep_their_address()
    {
        var channels = JsonNode.Parse(await Ran.OutputAsync([.. Arguments, "--set", "Handlers:Topics:ledger=a b/c~d", "--set", "Handlers:Topics:doors=a b/c_d"]))!["channels"]!.AsObject();
        Assert.Equal(["a b/c_d", "a b/c~d"], channels.Where(c => c.Key.StartsWith("a_b_c_d", StringComparison.Ordinal)).Select(c => c.Value!["address"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        var twins = JsonNode.Parse(await Ran.OutputAsync([.. Arguments, "--set", "Handlers:Topics:ledger=west.texts"]))!["channels"]!.AsObject();
        Assert.Equal(["texts", "west.texts"], twins.Where(c => c.Key.StartsWith("west.texts", StringComparison.Ordinal)).Select(c => c.Value!["address"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        var pattern = channels.Single(c => c.Value!["x-handlers-pattern"] is not null).Value!.AsObject();
        Assert.Null(pattern["address"]);
        Assert.True(pattern.ContainsKey("address"));
        Assert.All(channels, c => Assert.Matches(Key(), c.Key));
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject { Count: 1 } o when o["$ref"] is JsonValue reference => [reference.GetValue<string>()],
        JsonObject o => o.SelectMany(m => References(m.Value)),
        JsonArray a => a.SelectMany(References),
        _ => [],
    };

    private static JsonNode? Pointer(JsonNode document, string reference) => reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate((JsonNode?)document, (at, part) => at?[part]);

    [GeneratedRegex(@"^[\w\.\-]+$")]
    private static partial Regex Key();
}
