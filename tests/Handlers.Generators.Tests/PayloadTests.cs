using Google.Protobuf.WellKnownTypes;
using Handlers.Generators.Tests.Driving;

namespace Handlers.Generators.Tests;

/// <summary>Every kind of payload is unpacked, and packed again, by a program that is generated, compiled and run.</summary>
public class PayloadTests
{
    private const string Source = MainPathTests.Log + """

        namespace App
        {
            public record Quake(string Place);

            public readonly record struct Reading(int Value);

            [JsonPolymorphic, JsonDerivedType(typeof(Opened), "opened")]
            public abstract record Event;

            public sealed record Opened(int Door) : Event;

            [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
            [JsonSerializable(typeof(Quake)), JsonSerializable(typeof(Reading)), JsonSerializable(typeof(List<Quake>)), JsonSerializable(typeof(Event)), JsonSerializable(typeof(int))]
            internal sealed partial class AppJson : JsonSerializerContext;

            public sealed class Own : IUnpack<Own>, IPack<Own>
            {
                public int First { get; init; }
                static Own IUnpack<Own>.Unpack(ReadOnlySpan<byte> body) => new() { First = body[0] };
                static void IPack<Own>.Pack(Own payload, System.Buffers.IBufferWriter<byte> body)
                {
                    body.GetSpan(1)[0] = (byte)payload.First;
                    body.Advance(1);
                }
            }

            public static class On
            {
                private static T Write<T>(T value, string text) { Log.Lines.Add(text); return value; }

                [StreamHandler("t"), PublishTo("out")] public static Quake Json(Quake q) => Write(q, q.Place);
                [StreamHandler("t"), PublishTo("out")] public static Quake? JsonNull(Quake? q) => Write(q, q?.Place ?? "tombstone");
                [StreamHandler("t"), PublishTo("out")] public static Reading Struct(Reading r) => Write(r, $"{r.Value}");
                [StreamHandler("t"), PublishTo("out")] public static Reading? StructNull(Reading? r) => Write(r, r is { } x ? $"{x.Value}" : "tombstone");
                [StreamHandler("t"), PublishTo("out")] public static int Number(int n) => Write(n, $"{n}");
                [StreamHandler("t"), PublishTo("out")] public static List<Quake> Batch(List<Quake> q) => Write(q, $"{q.Count}");
                [StreamHandler("t"), PublishTo("out")] public static Event Poly(Event e) => Write(e, $"{((Opened)e).Door}");
                [StreamHandler("t"), PublishTo("out")] public static JsonElement Element(JsonElement e) => Write(e, e.GetRawText());
                [StreamHandler("t"), PublishTo("out")] public static JsonElement? ElementNull(JsonElement? e) => Write(e, e is null ? "tombstone" : "element");
                [StreamHandler("t"), PublishTo("out")] public static string Text(string s) => Write(s, s);
                [StreamHandler("t"), PublishTo("out")] public static string? TextNull(string? s) => Write(s, s ?? "tombstone");
                [StreamHandler("t"), PublishTo("out")] public static byte[] Array(byte[] b) => Write(b, $"{b.Length}");
                [StreamHandler("t"), PublishTo("out")] public static byte[]? ArrayNull(byte[]? b) => Write(b, b is null ? "tombstone" : "array");
                [StreamHandler("t"), PublishTo("out")] public static ReadOnlyMemory<byte> Memory(ReadOnlyMemory<byte> m) => Write(m, $"{m.Length}");
                [StreamHandler("t"), PublishTo("out")] public static ReadOnlyMemory<byte>? MemoryNull(ReadOnlyMemory<byte>? m) => Write(m, m is null ? "tombstone" : "memory");
                [StreamHandler("t"), PublishTo("out")] public static Own Self(Own o) => Write(o, $"{o.First}");
                [StreamHandler("t"), PublishTo("out")] public static Own? SelfNull(Own? o) => Write(o, o is null ? "tombstone" : "self");
                [StreamHandler("t"), PublishTo("out")] public static Google.Protobuf.WellKnownTypes.StringValue Proto(Google.Protobuf.WellKnownTypes.StringValue p) => Write(p, p.Value);
                [StreamHandler("t"), PublishTo("out")] public static Google.Protobuf.WellKnownTypes.StringValue? ProtoNull(Google.Protobuf.WellKnownTypes.StringValue? p) => Write(p, p?.Value ?? "tombstone");
            }
        }
        """;

    private static readonly Lazy<Generated> Program = new(() => Generated.From(Source));

    [Theory]
    [InlineData("Json", """{"place":"Kobe"}""", "Kobe")]
    [InlineData("JsonNull", """{"place":"Kobe"}""", "Kobe")]
    [InlineData("JsonNull", null, "tombstone")]
    [InlineData("Struct", """{"value":7}""", "7")]
    [InlineData("StructNull", """{"value":7}""", "7")]
    [InlineData("StructNull", null, "tombstone")]
    [InlineData("Number", "42", "42")]
    [InlineData("Batch", """[{"place":"Kobe"}]""", "1")]
    [InlineData("Poly", """{"$type":"opened","door":3}""", "3")]
    [InlineData("Element", """{"a":[1,2]}""", """{"a":[1,2]}""")]
    [InlineData("ElementNull", "1", "element")]
    [InlineData("ElementNull", null, "tombstone")]
    [InlineData("Text", "text", "text")]
    [InlineData("TextNull", "text", "text")]
    [InlineData("TextNull", null, "tombstone")]
    [InlineData("Array", "abc", "3")]
    [InlineData("ArrayNull", "abc", "array")]
    [InlineData("ArrayNull", null, "tombstone")]
    [InlineData("Memory", "abc", "3")]
    [InlineData("MemoryNull", "abc", "memory")]
    [InlineData("MemoryNull", null, "tombstone")]
    [InlineData("Self", "A", "65")]
    [InlineData("SelfNull", "A", "self")]
    [InlineData("SelfNull", null, "tombstone")]
    [InlineData("ProtoNull", null, "tombstone")]
    public async Task A_payload_comes_in_and_goes_out_as_it_was(string method, string? body, string expected)
    {
        var program = new LoadedProgram(Program.Value);
        var publisher = new Published();
        var lines = await program.CallAsync("On." + method, Messages.Of(body, key: "k"), publisher);
        Assert.Equal([expected], lines);
        Assert.Equal(body is null ? [] : [$"out k {body}"], publisher.Lines);
    }

    [Theory]
    [InlineData("Proto")]
    [InlineData("ProtoNull")]
    public async Task A_protobuf_message_is_parsed_by_its_own_parser(string method)
    {
        var body = Google.Protobuf.MessageExtensions.ToByteArray(new StringValue { Value = "protobuf" });
        var publisher = new Published();
        Assert.Equal(["protobuf"], await new LoadedProgram(Program.Value).CallAsync("On." + method, Messages.Of(body), publisher));
        Assert.Equal(body, publisher.Messages.Single().Body!.Value.ToArray());
    }

    [Fact]
    public void A_payload_takes_tombstones_where_it_is_nullable()
    {
        var handlers = new LoadedProgram(Program.Value).Register().Handlers;
        Assert.All(handlers, h => Assert.Equal(h.Name.EndsWith("Null", StringComparison.Ordinal), h.TakesTombstones));
    }

    [Fact]
    public void Emitted_files() => Snapshot.Verify(Program.Value, ["App.On.JsonNull.g.cs", "App.On.StructNull.g.cs", "App.On.Self.g.cs", "App.On.Proto.g.cs"]);

    [Fact]
    public void A_context_of_a_referenced_assembly_is_used()
    {
        var library = Generated.From("""
            namespace Lib
            {
                public record Quake(string Place);

                [JsonSerializable(typeof(Quake))]
                public partial class LibJson : JsonSerializerContext;

                [JsonSerializable(typeof(int))]
                internal partial class Hidden : JsonSerializerContext;
            }
            """, "Lib");
        var app = Generated.From("public static class On { [StreamHandler(\"t\")] public static void Quake(Lib.Quake quake) { } [StreamHandler(\"u\")] public static void Number(int n) { } }", "App", library.ToReference());
        Assert.Contains("global::Lib.LibJson.Default", app.Files["On.Quake.g.cs"], StringComparison.Ordinal);
        Assert.Contains("AddError(\"HND004\", \"Handler 'On.Number'", app.Module, StringComparison.Ordinal);
        app.Emit();
    }

    [Fact]
    public void An_own_context_goes_before_a_referenced_one()
    {
        var library = Generated.From("[JsonSerializable(typeof(int))] public partial class LibJson : JsonSerializerContext;", "Lib");
        var app = Generated.From("""
            [JsonSerializable(typeof(int))] public partial class OwnJson : JsonSerializerContext;
            public static class On { [StreamHandler("t")] public static void Number(int n) { } }
            """, "App", library.ToReference());
        Assert.Contains("global::OwnJson.Default", app.Files["On.Number.g.cs"], StringComparison.Ordinal);
    }
}
