using System.Text.Json.Nodes;

namespace Handlers.Tool.Tests;

/// <summary>Which changes of a payload's schema break who reads, and which who reads what is written.</summary>
public sealed class SchemaDiffTests
{
    /// <summary>Before, after, and what breaks: of a reader, of a writer, of both, or nothing.</summary>
    public static TheoryData<string, string, string> Rows => new()
    {
        { Members("\"a\":{\"type\":\"string\"}"), Members("\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"string\"}"), "" },
        { Members("\"a\":{\"type\":\"string\"}"), Members("\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"string\"}", "b"), "reader" },
        { Members("\"a\":{\"type\":\"string\"},\"b\":{}"), Members("\"a\":{\"type\":\"string\"}"), "writer" },
        { Members("\"a\":{\"type\":\"string\"}"), Members("\"a\":{\"type\":\"string\"}", "a"), "reader" },
        { Members("\"a\":{\"type\":\"string\"}", "a"), Members("\"a\":{\"type\":\"string\"}"), "writer" },
        { Members("\"a\":{\"type\":\"string\"}"), Members("\"a\":{\"type\":\"integer\"}"), "reader writer" },
        { Members("\"a\":{\"type\":\"integer\"}"), Members("\"a\":{\"type\":\"number\"}"), "writer" },
        { Members("\"a\":{\"type\":\"integer\",\"format\":\"int32\"}"), Members("\"a\":{\"type\":\"integer\",\"format\":\"int64\"}"), "writer" },
        { Members("\"a\":{\"type\":\"string\",\"format\":\"uuid\"}"), Members("\"a\":{\"type\":\"string\"}"), "writer" },
        { Members("\"a\":{\"type\":\"string\",\"format\":\"uuid\"}"), Members("\"a\":{\"type\":\"string\",\"pattern\":\"x\"}"), "reader writer" },
        { Members("\"a\":{\"type\":\"string\"}"), Members("\"a\":{\"type\":\"string\",\"contentEncoding\":\"base64\"}"), "reader" },
        { Members("\"a\":{\"type\":\"string\"}"), Members("\"a\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":1}"), "reader" },
        { Members("\"a\":{\"type\":\"integer\",\"format\":\"uint8\"}"), Members("\"a\":{\"type\":\"integer\",\"format\":\"int32\"}"), "writer" },
        { Members("\"a\":{\"type\":\"integer\",\"format\":\"uint32\"}"), Members("\"a\":{\"type\":\"integer\",\"format\":\"int32\"}"), "reader writer" },
        { Members("\"a\":{\"type\":\"number\",\"format\":\"float\"}"), Members("\"a\":{\"type\":\"number\",\"format\":\"double\"}"), "" },
        { Members("\"a\":{\"type\":\"number\"}"), Members("\"a\":{\"type\":\"number\",\"format\":\"double\"}"), "" },
        { Members("\"a\":{\"type\":[\"string\",\"null\"]}"), Members("\"a\":{\"type\":\"string\"}"), "reader" },
        { Members("\"a\":{\"type\":\"string\"}"), Members("\"a\":{\"type\":[\"string\",\"null\"]}"), "writer" },
        { Members("\"a\":{\"enum\":[\"x\",\"y\"]}"), Members("\"a\":{\"enum\":[\"x\"]}"), "reader" },
        { Members("\"a\":{\"enum\":[\"x\"]}"), Members("\"a\":{\"enum\":[\"x\",\"y\"]}"), "writer" },
        { Members("\"a\":{\"enum\":[\"x\"]}"), Members("\"a\":{\"type\":\"integer\"}"), "reader writer" },
        { Members("\"a\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"), Members("\"a\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}"), "reader writer" },
        { Members("\"a\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}"), Members("\"a\":{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"null\"]}}"), "writer" },
        { Members("\"a\":{}"), Members("\"a\":{\"type\":\"string\"}"), "reader" },
        { Members("\"a\":{\"type\":\"string\"}"), Members("\"a\":{}"), "writer" },
        { """{"type":"object"}""", """{"type":"object","additionalProperties":false}""", "reader" },
        { """{"type":"object","properties":{"a":{}},"additionalProperties":false}""", """{"type":"object","additionalProperties":false}""", "reader writer" },
        { """{"type":"object","additionalProperties":false}""", """{"type":"object","properties":{"a":{}},"additionalProperties":false}""", "writer" },
        { Cases("circle", "square"), Cases("circle"), "reader" },
        { Cases("circle"), Cases("circle", "square"), "writer" },
        { Members("\"a\":{\"$ref\":\"#/components/schemas/T\"}"), Members("\"a\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/T\"},{\"type\":\"null\"}]}"), "writer" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_change_breaks_who_it_breaks(string before, string after, string breaks)
    {
        Assert.Equal(breaks, string.Join(' ', new[] { SchemaDiff.Side.Reader, SchemaDiff.Side.Writer }.Where(s => Compare(before, after, s).Any(d => d.Breaks)).Select(s => s.ToString().ToLowerInvariant())));
        foreach (var side in Enum.GetValues<SchemaDiff.Side>()) Assert.Empty(Compare(before, before, side));
        Assert.NotEmpty(Compare(before, after, SchemaDiff.Side.Reader));
    }

    [Fact]
    public void Types_that_refer_to_themselves_are_compared_once_and_to_their_depth()
    {
        static (JsonNode, JsonObject) Tree(string type) => (JsonNode.Parse("""{"$ref":"#/components/schemas/Tree"}""")!, (JsonObject)JsonNode.Parse(
            """{"Tree":{"type":"object","properties":{"Next":{"anyOf":[{"$ref":"#/components/schemas/Tree"},{"type":"null"}]},"Leaf":{"$ref":"#/components/schemas/Leaf"}}},"Leaf":{"type":"object","properties":{"Name":{"type":"TYPE"}}}}""".Replace("TYPE", type, StringComparison.Ordinal))!);
        var ((old, schemas), (now, others)) = (Tree("string"), Tree("integer"));
        Assert.Equal(["$.Leaf.Name string integer True"], new SchemaDiff(schemas, others, SchemaDiff.Side.Reader).Compare(old, now).Select(d => $"{d.At} {d.Old} {d.New} {d.Breaks}"));
    }

    [Fact]
    public async Task It_is_told_of_an_application()
    {
        using var folder = new TestFolder();
        var json = (JsonObject)(await Ran.Async("describe", Ran.App, "--json", "--schemas")).Json;
        var baseline = folder.Write("base.json", json.ToJsonString());
        var order = json["components"]!["schemas"]!["Order"]!;
        order["properties"]!["Extra"] = new JsonObject { ["type"] = "string" };
        ((JsonArray)order["required"]!).Add("Extra");
        ((JsonObject)json["components"]!["schemas"]!["Invoice"]!["properties"]!).Remove("Sum");
        var ran = await Ran.Async("diff", baseline, folder.Write("new.json", json.ToJsonString()), "--json");
        Assert.Equal(3, ran.ExitCode);
        var rules = ran.Json["changes"]!.AsArray().Select(c => $"{c!["handler"]} {c["rule"]} {c["old"]}{c["new"]}").ToList();
        Assert.Contains("Shop.OnOrder schema-read $.Extra: a member", rules);
        Assert.Contains("Shop.OnOrder schema-written $.Sum: a member", rules);
        Assert.Contains("was written without --schemas", (await Ran.Async("diff", folder.Write("plain.json", await Ran.OutputAsync("describe", Ran.App, "--json")), Ran.App)).Error, StringComparison.Ordinal);
    }

    private static IReadOnlyList<SchemaDiff.Difference> Compare(string before, string after, SchemaDiff.Side side)
    {
        var schemas = (JsonObject)JsonNode.Parse("""{"T":{"type":"object","properties":{"x":{"type":"string"}}}}""")!;
        return new SchemaDiff(schemas, schemas, side).Compare(JsonNode.Parse(before)!, JsonNode.Parse(after)!);
    }

    private static string Members(string members, string? required = null) =>
        "{\"type\":\"object\",\"properties\":{" + members + "}" + (required is null ? "" : $",\"required\":[\"{required}\"]") + "}";

    private static string Cases(params string[] names) => $$"""{"anyOf":[{{string.Join(",", names.Select(n => $$$"""{"type":"object","properties":{"$type":{"const":"{{{n}}}"}},"required":["$type"]}"""))}}]}""";
}
