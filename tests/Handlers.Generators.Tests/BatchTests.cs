using Handlers.Generators.Tests.Driving;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Generators.Tests;

/// <summary>Handlers of lists: what they take is what a batch has, and one call handles them all.</summary>
public class BatchTests
{
    private const string Source = MainPathTests.Log + """

        namespace App
        {
            public record Quake(string Place);

            [JsonSerializable(typeof(Quake))]
            internal sealed partial class AppJson : JsonSerializerContext;

            public sealed class Store { public void Write(string text) => Log.Lines.Add(text); }

            public sealed class Quakes(Store store)
            {
                [StreamHandler("a"), Batch(Size = 500, Time = "250ms")]
                public async Task Payloads(IReadOnlyList<Quake> quakes, BatchContext batch, CancellationToken stop)
                {
                    await Task.Yield();
                    store.Write($"{quakes.Count} of {batch.Count}: {quakes[0].Place} {batch.Handler}");
                }

                [StreamHandler("b")]
                public ValueTask Messages(IReadOnlyList<Message<Quake?>> quakes, [FromServices] Store other, CancellationToken stop)
                {
                    other.Write($"{quakes[1].Payload?.Place ?? "tombstone"} {quakes[1].Context.KeyText}");
                    return default;
                }
            }

            public static class Plain
            {
                [StreamHandler("c")] public static void Texts(IReadOnlyList<string> texts) => Log.Lines.Add(string.Join("+", texts));
                [StreamHandler("d")] public static void Bytes(IReadOnlyList<ReadOnlyMemory<byte>?> bodies) => Log.Lines.Add($"{bodies[0]?.Length ?? -1}");
                [StreamHandler("e")] public static void Lists(IReadOnlyList<Message<string>> texts, BatchContext context) => context.Fail(1, new InvalidOperationException(texts[1].Payload));
            }
        }
        """;

    private static readonly Lazy<Generated> Program = new(() => Generated.From(Source));

    [Theory]
    [InlineData("Quakes.Payloads", """{"Place":"Kobe"}""", "2 of 2: Kobe Quakes.Payloads")]
    [InlineData("Quakes.Messages", """{"Place":"Kobe"}""", "Kobe k")]
    [InlineData("Quakes.Messages", null, "tombstone k")]
    [InlineData("Plain.Texts", "text", "text+text")]
    [InlineData("Plain.Bytes", "abc", "3")]
    [InlineData("Plain.Bytes", null, "-1")]
    public async Task A_batch_is_handled_with_one_call(string handler, string? body, string expected)
    {
        var program = new LoadedProgram(Program.Value);
        program.Services.AddSingleton(program.Type("App.Store"));
        Assert.Equal([expected], await program.CallAsync(handler, Messages.Of(body, key: "k")));
    }

    [Fact]
    public void It_reads_of_a_message_what_it_takes()
    {
        var handlers = new LoadedProgram(Program.Value).Register().Handlers.ToDictionary(h => h.Name);
        Assert.Equal(MessageParts.None, handlers["Quakes.Payloads"].Reads);
        Assert.Equal(MessageParts.All, handlers["Quakes.Messages"].Reads);
        Assert.Equal(["Plain.Bytes", "Quakes.Messages"], handlers.Values.Where(h => h.TakesTombstones).Select(h => h.Name).Order());
    }

    [Fact]
    public Task A_JSON_context_knows_the_payload_of_one_message() => Marked.CheckAsync("""
        public record Quake(string Place);

        public static class Quakes
        {
            [StreamHandler("a")]
            public static void Payloads({|HND004:IReadOnlyList<Quake>|} quakes) { }

            [StreamHandler("b")]
            public static void Messages({|HND004:IReadOnlyList<Message<Quake>>|} quakes) { }
        }
        """);

    [Fact]
    public void Emitted_files() => Snapshot.Verify(Program.Value, ["App.Quakes.Payloads.g.cs", "App.Quakes.Messages.g.cs", "App.Plain.Texts.g.cs"]);
}
