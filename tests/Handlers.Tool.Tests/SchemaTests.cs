using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using Handlers.Peers;
using Handlers.Tool.Lib;

namespace Handlers.Tool.Tests;

/// <summary>The schemas of payloads are those of System.Text.Json, which is asked in this process; the tool asks nobody and reads metadata.</summary>
public sealed class SchemaTests
{
    private static readonly JsonSerializerContext[] Contexts = [ShapesJson.Default, WebJson.Default, SnakeJson.Default, ConvertersJson.Default];

    public static TheoryData<string, string> Shapes => [.. Contexts.SelectMany(c => Types(c).Select(t => (c.GetType().Name, t.ToString())))];

    /// <summary>Where theirs says something that is not so: IgnoreReadOnlyProperties leaves the member out of what is written, and not out of their schema.</summary>
    private static readonly (string, string)[] Known =
        [("SnakeJson", "$ members: ours also_required,as_text,field,first,other-name,required,when_null, theirs also_required,as_text,field,first,other-name,read_only,required,when_null")];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Schemas_are_those_of_System_Text_Json(string contextName, string typeName)
    {
        var context = Contexts.Single(c => c.GetType().Name == contextName);
        var type = Types(context).Single(t => t.ToString() == typeName);
        var theirs = JsonSchemaExporter.GetJsonSchemaAsNode(context.GetTypeInfo(type)!);
        var (ours, schemas) = Ours(type, context.GetType());
        var differences = new List<string>();
        new Comparison(schemas, theirs, differences).Compare("$", ours, theirs, isRoot: true);
        differences.RemoveAll(d => Known.Contains((contextName, d)));
        Assert.True(differences.Count == 0, $"{string.Join("\n", differences)}\nours {ours.ToJsonString()} {schemas.ToJsonString()}\ntheirs {theirs.ToJsonString()}");
    }

    [Fact]
    public void What_only_a_converter_knows_is_open_and_says_so() =>
        Assert.Equal("""{"x-handlers-converter":"Handlers.Tool.Lib.TemperatureConverter"}""", Ours(typeof(Weather), typeof(ShapesJson)).Schemas["Weather"]!["properties"]!["Now"]!.ToJsonString());

    [Fact]
    public async Task What_is_serialized_is_valid_and_what_is_not_is_refused()
    {
        Assert.SkipWhen(Validator.Missing is not null, Validator.Missing ?? "");
        var tree = new Tree(new Leaf("a"), new Tree(new Leaf("b"), null, []), [new Tree(new Leaf("c"), null, [])]);
        (Type Type, object Value, string[] Wrong)[] cases =
        [
            (typeof(Tree), tree, ["""{"Leaf":{"Name":1}}""", """{"Leaf":{"Name":"a"},"Next":{"Leaf":null}}""", "[]"]),
            (typeof(Members), new Derived { Required = "r", AlsoRequired = 1, AsText = 3 }, ["""{"AlsoRequired":1}""", """{"Required":"r"}""", """{"Required":null,"AlsoRequired":1}"""]),
            (typeof(Closed), new Closed(1), ["""{"Number":1,"Other":2}""", """{"Number":"1"}"""]),
            (typeof(Enums), new Enums(Color.Green, null, Size.ExtraLarge, Size.Small), ["""{"Color":0,"Size":"ExtraLarge"}""", """{"Color":"Red"}"""]),
            (typeof(Shape), new Circle(2), ["""{"$type":"square"}""".Replace("square", "star", StringComparison.Ordinal), """{"Radius":1}"""]),
            (typeof(Points), new Points(new Point { X = 1 }, null, [new Point()]), ["""{"One":null,"Many":[]}""", """{"One":{"X":1},"Many":[null]}"""]),
            (typeof(Lists), new Lists([1], ["a"], [null, new Leaf("l")], new() { ["a"] = 1 }, new Dictionary<string, Leaf>(), [Guid.Empty]), ["""{"Numbers":["a"]}""", """{"Counts":{"a":"b"}}"""]),
        ];
        var documents = cases.Select(c => new JsonObject
        {
            ["schema"] = Standalone(Ours(c.Type, typeof(ShapesJson))),
            ["values"] = new JsonArray([JsonSerializer.SerializeToNode(c.Value, c.Type, ShapesJson.Default), .. c.Wrong.Select(w => JsonNode.Parse(w))]),
        });
        var said = await Validator.RunAsync(documents);
        Assert.Equal(cases.Select(c => string.Join(' ', c.Wrong.Select(_ => "invalid").Prepend("valid"))), said);
    }

    [Theory]
    [InlineData("System.Collections.Generic.Dictionary`2[[System.String, System.Runtime],[System.Collections.Generic.List`1[[Handlers.Tool.Lib.Leaf]], System.Collections]], System.Collections", typeof(Dictionary<string, List<Leaf>>))]
    [InlineData("Handlers.Tool.Lib.Pair`1[[Handlers.Tool.Lib.Outer+Inner]][]", typeof(Pair<Outer.Inner>[]))]
    public void An_argument_without_an_assembly_is_of_the_one_that_says_so(string reference, Type type)
    {
        using var types = AppTypes.Open(new FileInfo(typeof(Values).Assembly.Location));
        Assert.Equal(type.ToString(), types.Find(reference, "Handlers.Tool.Lib").ToString());
    }

    [Fact]
    public void A_type_has_one_schema_for_all_payloads_of_a_context()
    {
        using var types = AppTypes.Open(new FileInfo(typeof(Values).Assembly.Location));
        var (definitions, web) = (new Definitions(), types.Find(typeof(WebJson).FullName!, "Handlers.Tool.Lib"));
        foreach (var type in (Type[])[typeof(Tree), typeof(Leaf)]) new SchemaBuilder(definitions, web).Of(types.Find(type.FullName!, "Handlers.Tool.Lib"));
        Assert.Equal(["Leaf", "Tree"], definitions.Write().Select(d => d.Key));
    }

    [Fact]
    public async Task Protobuf_has_the_schema_of_its_JSON()
    {
        Assert.SkipWhen(Validator.Missing is not null, Validator.Missing ?? "");
        using var types = AppTypes.Open(new FileInfo(typeof(Values).Assembly.Location));
        var definitions = new Definitions();
        var schema = new ProtobufSchema(definitions).Of(types.Find(typeof(Google.Protobuf.WellKnownTypes.Type).AssemblyQualifiedName!, "Handlers.Tool.Lib"));
        var value = new Google.Protobuf.WellKnownTypes.Type
        {
            Name = "n",
            Syntax = Google.Protobuf.WellKnownTypes.Syntax.Proto3,
            SourceContext = new() { FileName = "f" },
            Fields = { new Google.Protobuf.WellKnownTypes.Field { Kind = Google.Protobuf.WellKnownTypes.Field.Types.Kind.TypeString, Number = 7, TypeUrl = "u", Packed = true, Options = { new Google.Protobuf.WellKnownTypes.Option { Name = "o", Value = Google.Protobuf.WellKnownTypes.Any.Pack(new Google.Protobuf.WellKnownTypes.Timestamp()) } } } },
        };
        var said = await Validator.RunAsync([new JsonObject
        {
            ["schema"] = Standalone((schema, definitions.Write())),
            ["values"] = new JsonArray(JsonNode.Parse(new Google.Protobuf.JsonFormatter(Google.Protobuf.JsonFormatter.Settings.Default.WithTypeRegistry(Google.Protobuf.Reflection.TypeRegistry.FromMessages(Google.Protobuf.WellKnownTypes.Timestamp.Descriptor))).Format(value)), JsonNode.Parse("""{"syntax":"SYNTAX_PROTO9"}"""), JsonNode.Parse("""{"fields":[{"number":"x"}]}"""), JsonNode.Parse("""{"sourceContext":{"fileName":1}}"""), JsonNode.Parse("""{"fields":[{"typeUrl":1}]}""")),
        }]);
        Assert.Equal(["valid invalid invalid invalid invalid"], said);
        // Every field of JSON is there, and nothing else.
        var fields = Google.Protobuf.WellKnownTypes.Field.Descriptor.Fields.InDeclarationOrder().Select(f => f.JsonName).Order();
        Assert.Equal(fields, ((JsonObject)definitions.Write()["Field"]!["properties"]!).Select(p => p.Key).Order());
    }

    [Fact]
    public async Task A_missing_assembly_is_named_and_its_type_is_open()
    {
        using var folder = new TestFolder();
        var ran = await Ran.Async("describe", folder.Copy(Ran.App), "--json", "--schemas");
        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("The schema of Handlers.Tool.Lib.Order, which Shop.OnOrder has, says nothing: ", ran.Error, StringComparison.Ordinal);
        Assert.Contains("'Handlers.Tool.Lib", ran.Error, StringComparison.Ordinal);
        var order = ran.Json["handlers"]!.AsArray().Single(h => h!["name"]!.GetValue<string>() == "Shop.OnOrder")!;
        Assert.Equal("""{"x-handlers-type":"Handlers.Tool.Lib.Order"}""", order["payload"]!["schema"]!.ToJsonString());
    }

    [Fact]
    public async Task A_baseline_keeps_schemas()
    {
        using var folder = new TestFolder();
        var written = await Ran.OutputAsync("describe", Ran.App, "--json", "--schemas");
        Assert.Equal(written, await Ran.OutputAsync("describe", folder.Write("base.json", written), "--json", "--schemas"));
        Assert.Contains("\"Note\"", written, StringComparison.Ordinal);
    }

    private static Type[] Types(JsonSerializerContext context) => [.. context.GetType().GetCustomAttributesData().Where(a => a.AttributeType == typeof(JsonSerializableAttribute)).Select(a => (Type)a.ConstructorArguments[0].Value!)];

    private static (JsonObject Schema, JsonObject Schemas) Ours(Type type, Type context)
    {
        using var types = AppTypes.Open(new FileInfo(typeof(Values).Assembly.Location));
        var definitions = new Definitions();
        var builder = new SchemaBuilder(definitions, types.Find(context.FullName!, context.Assembly.GetName().Name!));
        var reference = type.Assembly == context.Assembly ? type.FullName! : type.AssemblyQualifiedName!;
        return (builder.Of(types.Find(reference, context.Assembly.GetName().Name!)), definitions.Write());
    }

    private static JsonObject Standalone((JsonObject Schema, JsonObject Schemas) ours)
    {
        var schema = (JsonObject)ours.Schema.DeepClone();
        return new JsonObject { ["allOf"] = new JsonArray(schema), ["components"] = new JsonObject { ["schemas"] = ours.Schemas.DeepClone() } };
    }

    /// <summary>Two schemas, folded: references followed, null told apart, and only what refuses or takes values compared.</summary>
    private sealed class Comparison(JsonObject schemas, JsonNode root, List<string> differences)
    {
        private readonly HashSet<(JsonNode, JsonNode)> seen = [];

        public void Compare(string at, JsonNode ours, JsonNode theirs, bool isRoot = false)
        {
            var (mine, mineNull) = Opened(ours, r => schemas[r[(r.LastIndexOf('/') + 1)..]]!);
            var (other, otherNull) = Opened(theirs, Pointer);
            if (!seen.Add((mine, other))) return;
            // A converter of one's own: theirs says true, which is the same.
            if (mine.ContainsKey("x-handlers-converter")) { Equal(at, "open", "", other.Count == 0 ? "" : other.ToJsonString()); return; }
            // They take null for every root.
            if (!isRoot) Equal(at, "null", $"{mineNull}", $"{otherNull}");
            Equal(at, "types", Types(mine), Types(other));
            Equal(at, "enum", Set(mine["enum"]), Set(other["enum"]));
            Equal(at, "const", $"{mine["const"]}", $"{other["const"]}");
            // Of cases, each says what it requires.
            if (mine["anyOf"] is null || other["anyOf"] is null) Equal(at, "required", Set(mine["required"]), Set(other["required"]));
            Equal(at, "closed", $"{mine["additionalProperties"] is JsonValue c && !c.GetValue<bool>()}", $"{other["additionalProperties"] is JsonValue d && !d.GetValue<bool>()}");
            var (members, others) = (mine["properties"] as JsonObject ?? [], other["properties"] as JsonObject ?? []);
            Equal(at, "members", string.Join(",", members.Select(m => m.Key).Order()), string.Join(",", others.Select(m => m.Key).Order()));
            foreach (var (name, member) in members.Where(m => others.ContainsKey(m.Key))) Compare($"{at}.{name}", member!, others[name]!);
            if (mine["items"] is { } items && other["items"] is { } otherItems) Compare($"{at}[]", items, otherItems);
            // Of items that only a converter knows they say nothing.
            Equal(at, "items", $"{mine["items"] is JsonObject of && !of.ContainsKey("x-handlers-converter")}", $"{other["items"] is not null}");
            if (mine["additionalProperties"] is JsonObject map && other["additionalProperties"] is JsonObject otherMap) Compare($"{at}{{}}", map, otherMap);
            var (cases, otherCases) = (mine["anyOf"] as JsonArray ?? [], other["anyOf"] as JsonArray ?? []);
            Equal(at, "cases", $"{cases.Count}", $"{otherCases.Count}");
            foreach (var (one, two) in cases.Zip(otherCases)) Compare($"{at}<>", Whole(mine, one!), Whole(other, two!));
        }

        // They write what all cases share once, outside of them.
        private static JsonNode Whole(JsonObject all, JsonNode one)
        {
            var whole = (JsonObject)one.DeepClone();
            if (whole.ContainsKey("$ref")) return one;
            foreach (var shared in (string[])["type", "required"])
                if (!whole.ContainsKey(shared) && all[shared] is { } value) whole[shared] = shared == "type" ? "object" : value.DeepClone();
                else if (shared == "required" && all[shared] is JsonArray more) foreach (var name in more) if (!((JsonArray)whole[shared]!).Any(n => n!.ToString() == name!.ToString())) ((JsonArray)whole[shared]!).Add(name!.DeepClone());
            return whole;
        }

        private void Equal(string at, string what, string ours, string theirs)
        {
            if (ours != theirs) differences.Add($"{at} {what}: ours {ours}, theirs {theirs}");
        }

        private static string Types(JsonObject schema) => string.Join(",", (schema["type"] switch { JsonArray several => several.Select(t => $"{t}"), JsonValue one => [$"{one}"], _ => schema["enum"] is not null || schema["anyOf"] is not null ? [] : schema["properties"] is not null ? ["object"] : Array.Empty<string>() }).Where(t => t != "null" && schema["anyOf"] is null).Order());

        private static string Set(JsonNode? items) => string.Join(",", (items as JsonArray ?? []).Where(i => i is not null).Select(i => i!.ToJsonString()).Order());

        private static (JsonObject, bool IsNullable) Opened(JsonNode node, Func<string, JsonNode> find)
        {
            if (node is not JsonObject schema) return ([], true);
            var isNullable = false;
            if (schema["anyOf"] is JsonArray { Count: 2 } either && $"{either[1]!["type"]}" == "null") (schema, isNullable) = ((JsonObject)either[0]!, true);
            if (schema["$ref"] is { } reference) schema = find(reference.GetValue<string>()) as JsonObject ?? [];
            isNullable |= schema["type"] is JsonArray several && several.Any(t => $"{t}" == "null") || schema["enum"] is JsonArray values && values.Any(v => v is null);
            // What says nothing takes null too.
            isNullable |= schema["type"] is null && schema["enum"] is null && schema["anyOf"] is null && schema["properties"] is null && schema["const"] is null;
            return (schema, isNullable);
        }

        private JsonNode Pointer(string pointer)
        {
            var at = root;
            foreach (var part in pointer.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries)) at = at is JsonArray array ? array[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)]! : at[part.Replace("~1", "/").Replace("~0", "~")]!;
            return at;
        }
    }
}
