using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Handlers.Generators.Emitting;
using Handlers.Generators.Tests.Driving;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Handlers.Generators.Tests;

/// <summary>What the attributes say is in the assembly as data, and is read from its bytes.</summary>
public class TopologyTests
{
    private const string Everything = """
        namespace App
        {
            public sealed record Earthquake(string Place);
            public sealed record Warning(string Text);
            public sealed class Busy : Exception;

            [JsonSerializable(typeof(Earthquake)), JsonSerializable(typeof(Warning))]
            internal sealed partial class AppJson : JsonSerializerContext;

            public sealed class Alerts
            {
                [StreamHandler("earthquakes", Group = "alerts", Transport = "west", MessageType = "quake", TypeFrom = TypeSource.CloudEvents, TypeName = "kind",
                    Ordering = Ordering.None, Concurrency = 8, Commit = Commit.Watermark, OnInvalid = InvalidMessage.DeadLetter, OnFailure = FailedHandler.DeadLetter,
                    OnUnmatched = UnmatchedType.Skip, Start = StartFrom.Time, StartAt = "2026-01-31T01:00:00.25+01:00", TimeLimitSeconds = 90)]
                [Retry(Attempts = 5, Delay = "250ms", Backoff = Backoff.Linear, MaxDelay = "30s", Jitter = false, On = new[] { typeof(Busy) }, Except = new[] { typeof(ArgumentException) })]
                [RetryTopics("5s", "1m"), DeadLetter("earthquakes.dead"), PublishTo("warnings"), CircuitBreaker("database")]
                public Framed<Warning>? OnEarthquake(Framed<Earthquake>? quake, [FromKey] string key, [FromHeader("x-trace")] string? trace, MessageContext context, CancellationToken stop) => null;
            }
        }
        """;

    [Fact]
    public void What_attributes_say_is_in_the_text() => Snapshot.Verify(Generated.From(Everything), ["App.Alerts.OnEarthquake.g.cs"]);

    [Fact]
    public void Nothing_written_is_nothing_said() => Assert.Equal(
        ["""{"v":1,"name":"On.Text","method":"M:On.Text(System.String)","topic":"texts","payload":{"kind":"Text","type":"string"}}"""],
        Texts("""public static class On { [StreamHandler("texts")] public static void Text(string text) { } }"""));

    [Fact]
    public void Presets_are_resolved()
    {
        var texts = Texts("""
            public static class On
            {
                [StreamHandler("a", Preset = Preset.InOrder)] public static void A(string text) { }
                [StreamHandler("b", Preset = Preset.Fast), Batch(Size = 10, Time = "500ms"), Retry] public static void B(IReadOnlyList<Message<string>> texts) { }
                [StreamHandler("c"), Retry(Pipeline = "slow"), PublishTo("d")] public static async IAsyncEnumerable<OutgoingMessage<byte[]>> C(byte[]? body) { await Task.Yield(); yield break; }
            }
            """);
        Assert.Contains("\"ordering\":\"Lane\",\"commit\":\"EachMessage\",\"onFailure\":\"Stop\"", texts[0], StringComparison.Ordinal);
        Assert.Contains("\"ordering\":\"None\",\"commit\":\"Watermark\",\"batch\":\"Messages\",\"batchSize\":10,\"batchTime\":\"500ms\",\"retry\":{},", texts[1], StringComparison.Ordinal);
        Assert.EndsWith("""
            "retry":{"pipeline":"slow"},"payload":{"kind":"Array","type":"byte[]","nullable":true},"publish":{"topic":"d","kind":"Array","type":"byte[]","shape":"Stream","keyed":"own"}}
            """, texts[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Types_are_the_payloads()
    {
        var attributes = Attributes(Generated.From("""
            using Google.Protobuf.WellKnownTypes;
            public class Outer { public record Inner(int Number); }
            public record Pair<T>(T First, T Second);
            public enum Color { Red }
            [JsonSerializable(typeof(Outer.Inner)), JsonSerializable(typeof(Pair<Outer.Inner[]>)), JsonSerializable(typeof(List<string>)), JsonSerializable(typeof(Color)), JsonSerializable(typeof((int Number, string Text)))]
            internal sealed partial class AppJson : JsonSerializerContext;
            public static class On
            {
                [StreamHandler("a")] public static void Nested(Outer.Inner? inner) { }
                [StreamHandler("b")] public static void Generic(Pair<Outer.Inner[]> pair) { }
                [StreamHandler("c")] public static void List(List<string?> texts) { }
                [StreamHandler("d")] public static void Struct(Color? color) { }
                [StreamHandler("e")] public static void Proto(StringValue value) { }
                [StreamHandler("f")] public static void Framed(Framed<Outer.Inner>? inner) { }
                [StreamHandler("g")] public static void Batch(IReadOnlyList<Message<Outer.Inner?>> inner) { }
                [StreamHandler("h")] public static void Tuple((int Number, string Text) tuple) { }
                [StreamHandler("j"), PublishTo("k")] public static Outer.Inner? Result(ReadOnlyMemory<byte> body) => null;
            }
            """)).ToDictionary(a => a.Name.Split('.')[1]);
        Assert.Equal("Outer+Inner", attributes["Nested"].Types["Payload"]);
        Assert.Equal("AppJson", attributes["Nested"].Types["Context"]);
        Assert.StartsWith("Pair`1[Outer+Inner[]]", attributes["Generic"].Types["Payload"], StringComparison.Ordinal);
        Assert.StartsWith("System.Collections.Generic.List`1[[System.String", attributes["List"].Types["Payload"], StringComparison.Ordinal);
        Assert.Equal("Color", attributes["Struct"].Types["Payload"]);
        Assert.StartsWith("Google.Protobuf.WellKnownTypes.StringValue, Google.Protobuf,", attributes["Proto"].Types["Payload"], StringComparison.Ordinal);
        Assert.DoesNotContain("Context", attributes["Proto"].Types.Keys);
        Assert.Equal("Outer+Inner", attributes["Framed"].Types["Payload"]);
        Assert.Equal("Outer+Inner", attributes["Batch"].Types["Payload"]);
        Assert.StartsWith("System.ValueTuple`2[[System.Int32", attributes["Tuple"].Types["Payload"], StringComparison.Ordinal);
        Assert.Equal(("Outer+Inner", "AppJson"), (attributes["Result"].Types["Result"], attributes["Result"].Types["ResultContext"]));
        Assert.StartsWith("System.ReadOnlyMemory`1[[System.Byte", attributes["Result"].Types["Payload"], StringComparison.Ordinal);
    }

    [Fact]
    public void Handlers_with_errors_say_so()
    {
        var texts = Texts("""
            public static class On
            {
                [StreamHandler("texts")] public static void Good(string text) { }
                [StreamHandler("")] public static async void Wrong(object anything) { await Task.Yield(); }
            }
            """);
        Assert.Contains("\"name\":\"On.Good\"", texts.Single(t => !t.Contains("errors", StringComparison.Ordinal)), StringComparison.Ordinal);
        using var wrong = JsonDocument.Parse(texts.Single(t => t.Contains("On.Wrong", StringComparison.Ordinal)));
        Assert.True(wrong.RootElement.GetProperty("errors").GetArrayLength() >= 2);
        Assert.All(wrong.RootElement.GetProperty("errors").EnumerateArray(), e => Assert.StartsWith("HND", e.GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public void An_edit_of_one_handler_reprints_one_file()
    {
        static string Handler(string name, string retry) => $"public static class {name} {{ [StreamHandler(\"t{name}\"), Retry(Attempts = {retry})] public static void On(string body) {{ }} }}";
        var stop = TestContext.Current.CancellationToken;
        var compilation = Sources.Compile(Handler("A", "3")).AddSyntaxTrees(Sources.Tree(Handler("B", "3"), "B.cs"));
        var old = compilation.SyntaxTrees.Single(t => t.FilePath == "App.cs");
        var driver = CSharpGeneratorDriver.Create(
            [new HandlersGenerator().AsSourceGenerator()], parseOptions: Sources.Parse,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true)).RunGenerators(compilation, stop);
        var edited = driver.RunGenerators(compilation.ReplaceSyntaxTree(old, Sources.Tree(Handler("A", "4"), "App.cs")), stop);
        var (before, after) = (Files(driver), Files(edited));
        Assert.Equal(["A.On.g.cs"], after.Keys.Where(f => after[f] != before[f]));
        // The module is printed again, as it names every handler; of files of handlers only the one that was edited.
        var reasons = edited.GetRunResult().Results[0].TrackedOutputSteps.SelectMany(s => s.Value).SelectMany(s => s.Outputs).Select(o => o.Reason).ToList();
        Assert.Equal(2, reasons.Count(r => r != IncrementalStepRunReason.Cached));

        static Dictionary<string, string> Files(GeneratorDriver driver) =>
            driver.GetRunResult().Results[0].GeneratedSources.ToDictionary(s => s.HintName, s => s.SourceText.ToString());
    }

    [Fact]
    public void Text_is_JSON_whatever_a_topic_is_called()
    {
        foreach (var topic in (string[])["a\"b\\", "</script>", "\u2028\u0085\0\t", "\ud83d\ude00", "\ud83d", "\ude00\ud83d", ""]) Check(topic);
        Prop.ForAll<string?>(topic => Check(topic ?? "")).QuickCheckThrowOnFailure();

        static void Check(string topic)
        {
            var text = new JsonText().Text("topic", topic).Texts("more", [topic, topic]).Object("none", null).Object("in", new JsonText().Text("it", topic).Number("n", -1).Truth("t", false)).ToString();
            using var read = JsonDocument.Parse(text);
            // Half of a character is written as one, but System.Text.Json refuses to give it as text.
            if (IsWhole(topic)) Assert.All([read.RootElement.GetProperty("topic"), read.RootElement.GetProperty("more")[1], read.RootElement.GetProperty("in").GetProperty("it")], e => Assert.Equal(topic, e.GetString()));
            Assert.DoesNotContain(text, char.IsControl);
            Assert.True(IsWhole(text), "It would not survive UTF-8.");
        }

        static bool IsWhole(string text)
        {
            for (var i = 0; i < text.Length; i++)
            {
                if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) i++;
                else if (char.IsSurrogate(text[i])) return false;
            }

            return true;
        }
    }

    private static string[] Texts(string source) => [.. Attributes(Generated.From(source)).Select(a => a.Json)];

    /// <summary>As the tool reads them: from bytes, without the assembly of the attribute and without loading anything.</summary>
    private static List<(string Name, string Json, Dictionary<string, string> Types)> Attributes(Generated generated)
    {
        using var file = new PEReader([.. generated.Emit()]);
        var reader = file.GetMetadataReader();
        var found = new List<(string, string, Dictionary<string, string>)>();
        foreach (var handle in reader.CustomAttributes)
        {
            var attribute = reader.GetCustomAttribute(handle);
            if (attribute.Constructor.Kind != HandleKind.MemberReference) continue;
            var parent = reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
            if (parent.Kind != HandleKind.TypeReference || reader.GetString(reader.GetTypeReference((TypeReferenceHandle)parent).Name) != "HandlerTopologyAttribute") continue;
            var blob = reader.GetBlobReader(attribute.Value);
            Assert.Equal(1, blob.ReadUInt16());
            var json = blob.ReadSerializedString()!;
            var types = new Dictionary<string, string>();
            for (var left = blob.ReadUInt16(); left > 0; left--)
            {
                Assert.Equal((byte)CustomAttributeNamedArgumentKind.Property, blob.ReadByte());
                Assert.Equal(SerializationTypeCode.Type, blob.ReadSerializationTypeCode());
                var property = blob.ReadSerializedString()!;
                types.Add(property, blob.ReadSerializedString()!);
            }

            using var text = JsonDocument.Parse(json);
            found.Add((text.RootElement.GetProperty("name").GetString()!, json, types));
        }

        return found;
    }
}
