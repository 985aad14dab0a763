using Google.Protobuf.WellKnownTypes;
using Handlers.Generators.Tests.Driving;

namespace Handlers.Generators.Tests;

/// <summary>Payloads in Confluent's wire format: what is in the frame reaches the handler, its id too, and goes out in a frame again.</summary>
public class FramedTests
{
    private const string Source = MainPathTests.Log + """

        namespace App
        {
            using Google.Protobuf.WellKnownTypes;
            using Extended = Google.Protobuf.Reflection.DescriptorProto.Types.ReservedRange;

            public record Quake(string Place);

            [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
            [JsonSerializable(typeof(Quake))]
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
                private static Framed<T> Write<T>(Framed<T> value, string text) { Log.Lines.Add($"{value.SchemaId} {text}"); return value; }
                private static Framed<T>? Write<T>(Framed<T>? value, string text) { Log.Lines.Add(value is { } v ? $"{v.SchemaId} {text}" : "tombstone"); return value; }

                [StreamHandler("t"), PublishTo("out")] public static Framed<Quake> Json(Framed<Quake> q) => Write(q, q.Payload.Place);
                [StreamHandler("t"), PublishTo("out")] public static Framed<Quake>? JsonNull(Framed<Quake>? q) => Write(q, q?.Payload.Place ?? "");
                [StreamHandler("t"), PublishTo("out")] public static Framed<JsonElement> Element(Framed<JsonElement> e) => Write(e, e.Payload.GetRawText());
                [StreamHandler("t"), PublishTo("out")] public static Framed<byte[]> Array(Framed<byte[]> b) => Write(b, $"{b.Payload.Length}");
                [StreamHandler("t"), PublishTo("out")] public static Framed<ReadOnlyMemory<byte>>? MemoryNull(Framed<ReadOnlyMemory<byte>>? m) => Write(m, $"{m?.Payload.Length}");
                [StreamHandler("t"), PublishTo("out")] public static Framed<Own> Self(Framed<Own> o) => Write(o, $"{o.Payload.First}");
                [StreamHandler("t"), PublishTo("out")] public static Framed<StringValue> Proto(Framed<StringValue> p) => Write(p, $"{p.Payload.Value} [{string.Join(",", p.MessageIndexes!)}]");
                [StreamHandler("t"), PublishTo("out")] public static Framed<StringValue>? ProtoNull(Framed<StringValue>? p) => Write(p, p?.Payload.Value ?? "");

                [StreamHandler("t"), PublishTo("out")] public static Framed<Quake> Frame(Quake q) => new(q, 8);
                [StreamHandler("t"), PublishTo("out")] public static Quake Unframe(Framed<Quake> q) => q.Payload;
                [StreamHandler("t"), PublishTo("out")] public static Framed<Value> Second(string text) => new(Value.ForString(text), 9);
                [StreamHandler("t"), PublishTo("out")] public static Framed<Extended> Nested(string text) => new(new Extended { Start = text.Length }, 9);
                [StreamHandler("t"), PublishTo("out")] public static OutgoingMessage<Framed<StringValue>?> Keyed(Framed<StringValue>? p) => new(p is { } v ? v with { MessageIndexes = [3] } : null) { KeyText = "own" };
                [StreamHandler("t"), PublishTo("out")] public static async IAsyncEnumerable<Framed<Quake>> Each(Framed<Quake> q)
                {
                    yield return q;
                    await Task.Yield();
                    yield return q with { SchemaId = q.SchemaId + 1 };
                }

                [StreamHandler("b")] public static void List(IReadOnlyList<Framed<Quake>> q) => Log.Lines.Add($"{q.Count} {q[1].SchemaId} {q[1].Payload.Place}");
                [StreamHandler("b", Group = "messages")] public static void Messages(IReadOnlyList<Message<Framed<StringValue>?>> m) => Log.Lines.Add($"{m[0].Payload?.SchemaId} {m[0].Payload?.Payload.Value} {m[0].Context.KeyText}");
            }
        }
        """;

    private static readonly Lazy<Generated> Program = new(() => Generated.From(Source));

    // The frames are spelled out: what packs must not be what says whether it packs well.
    private static readonly byte[] Quake = [0, 0, 0, 1, 2, .. """{"place":"Kobe"}"""u8];
    private static readonly byte[] Proto = [0, 0, 0, 0, 7, 0, .. Bytes("protobuf")];

    public static TheoryData<string, byte[]?, string> Messages => new()
    {
        { "Json", Quake, "258 Kobe" },
        { "JsonNull", Quake, "258 Kobe" },
        { "JsonNull", null, "tombstone" },
        { "Element", Quake, """258 {"place":"Kobe"}""" },
        { "Array", Quake, "258 16" },
        { "MemoryNull", Quake, "258 16" },
        { "MemoryNull", null, "tombstone" },
        { "Self", [0, 0, 0, 0, 7, 65], "7 65" },
        { "Proto", Proto, "7 protobuf [0]" },
        { "Proto", [0, 0, 0, 0, 1, 6, 2, 4, 6, .. Bytes("x")], "1 x [1,2,3]" }, // the test vector of confluent-kafka-dotnet
        { "ProtoNull", Proto, "7 protobuf" },
        { "ProtoNull", null, "tombstone" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task A_framed_payload_comes_in_and_goes_out_as_it_was(string method, byte[]? body, string expected)
    {
        var publisher = new Published();
        Assert.Equal([expected], await new LoadedProgram(Program.Value).CallAsync("On." + method, Driving.Messages.Of(body, key: "k"), publisher));
        Assert.Equal(body is null ? [] : [body], publisher.Messages.Select(m => m.Body!.Value.ToArray()));
    }

    public static TheoryData<string, byte[]?, byte[]?[]> Results => new()
    {
        { "Frame", [.. """{"place":"Kobe"}"""u8], [[0, 0, 0, 0, 8, .. """{"place":"Kobe"}"""u8]] },
        { "Unframe", Quake, [[.. """{"place":"Kobe"}"""u8]] },
        { "Second", "text"u8.ToArray(), [[0, 0, 0, 0, 9, 2, 2, .. Google.Protobuf.MessageExtensions.ToByteArray(Value.ForString("text"))]] },
        { "Nested", "text"u8.ToArray(), [[0, 0, 0, 0, 9, 4, 4, 2, 8, 4]] },
        { "Keyed", Proto, [[0, 0, 0, 0, 7, 2, 6, .. Bytes("protobuf")]] },
        { "Keyed", null, [null] },
        { "Each", Quake, [Quake, [0, 0, 0, 1, 3, .. """{"place":"Kobe"}"""u8]] },
    };

    [Theory]
    [MemberData(nameof(Results))]
    public async Task A_result_goes_out_in_the_frame_that_it_says(string method, byte[]? body, byte[]?[] expected)
    {
        var publisher = new Published();
        await new LoadedProgram(Program.Value).CallAsync("On." + method, Driving.Messages.Of(body, key: "k"), publisher);
        Assert.Equal(expected, publisher.Messages.Select(m => m.Body?.ToArray()));
        Assert.All(publisher.Messages, m => Assert.Equal(method == "Keyed" ? "own" : "k", System.Text.Encoding.UTF8.GetString(m.Key!.Value.Span)));
    }

    [Fact]
    public async Task Lists_hold_framed_payloads()
    {
        var program = new LoadedProgram(Program.Value);
        Assert.Equal(["2 258 Kobe"], await program.CallAsync("On.List", Driving.Messages.Of(Quake)));
        Assert.Equal("7 protobuf k", (await new LoadedProgram(Program.Value).CallAsync("On.Messages", Driving.Messages.Of(Proto, key: "k"))).Single());
        Assert.Equal("  k", (await new LoadedProgram(Program.Value).CallAsync("On.Messages", Driving.Messages.Of((byte[]?)null, key: "k"))).Single());
    }

    [Fact]
    public async Task A_body_without_its_frame_is_an_invalid_message()
    {
        var error = await Assert.ThrowsAsync<InvalidMessageException>(() => new LoadedProgram(Program.Value).CallAsync("On.Json", Driving.Messages.Of("""{"place":"Kobe"}""")));
        Assert.Equal("The body begins with the byte 0x7B, and a schema frame with the magic byte 0x00.", error.Message);
    }

    [Fact]
    public void A_payload_takes_tombstones_where_its_frame_is_nullable() =>
        Assert.All(new LoadedProgram(Program.Value).Register().Handlers, h => Assert.Equal(h.Name.EndsWith("Null", StringComparison.Ordinal) || h.Name is "On.Keyed" or "On.Messages", h.TakesTombstones));

    [Fact]
    public void Emitted_files() => Snapshot.Verify(Program.Value, ["App.On.JsonNull.g.cs", "App.On.Proto.g.cs", "App.On.Keyed.g.cs", "App.On.List.g.cs"]);

    private static byte[] Bytes(string text) => Google.Protobuf.MessageExtensions.ToByteArray(new StringValue { Value = text });
}
