using Handlers.Generators.Tests.Driving;
using Handlers.Testing;

namespace Handlers.Generators.Tests;

/// <summary>What is emitted for delivery, run by the runtime over a broker in memory.</summary>
public class RunTests
{
    private const string Log = """
        public static class Log
        {
            public static readonly List<string> Lines = [];
            public static void Write(string line) { lock (Lines) Lines.Add(line); }
        }

        """;

    [Fact]
    public async Task Messages_go_to_the_handler_of_their_type()
    {
        await using var host = await StartAsync("""
            [JsonPolymorphic(TypeDiscriminatorPropertyName = "kind"), JsonDerivedType(typeof(Opened), "opened"), JsonDerivedType(typeof(Closed), "closed")]
            public abstract record Door(int Number);
            public sealed record Opened(int Number) : Door(Number);
            public sealed record Closed(int Number) : Door(Number);

            [JsonSerializable(typeof(Opened)), JsonSerializable(typeof(Closed))]
            internal sealed partial class AppJson : JsonSerializerContext;

            public static class On
            {
                [StreamHandler("doors", TypeFrom = TypeSource.Json)] public static void Opened(Opened door) => Log.Write($"opened {door.Number}");
                [StreamHandler("doors", TypeFrom = TypeSource.Json)] public static void Closed(Closed door) => Log.Write($"closed {door.Number}");
                [StreamHandler("texts", MessageType = "a")] public static void A(string text) => Log.Write($"a {text}");
                [StreamHandler("texts", MessageType = "bb")] public static void B(string text) => Log.Write($"b {text}");
            }
            """);
        await host.PublishAsync("doors", """{"Number":1,"kind":"opened"}""");
        await host.PublishAsync("doors", """{"kind":"closed","Number":2}""");
        await host.PublishAsync("doors", """{"kind":"burnt","Number":3}""");
        await host.PublishAsync("texts", "1", headers: new Headers([new Header("type", "bb"u8.ToArray())]));
        await host.PublishAsync("texts", "2", headers: new Headers([new Header("type", "a"u8.ToArray())]));
        await host.PublishAsync("texts", "3");
        await host.WaitUntilAsync(() => Lines().Length == 4, TestContext.Current.CancellationToken);
        Assert.Equal(["a 2", "b 1", "closed 2", "opened 1"], Lines().Order());
    }

    [Fact]
    public async Task A_batch_comes_when_it_is_full_or_when_its_time_is_up()
    {
        await using var host = await StartAsync("""
            public static class On
            {
                [StreamHandler("texts"), Batch(Size = 3, Time = "5s")]
                public static void Texts(IReadOnlyList<Message<string>> texts, BatchContext batch) => Log.Write($"{batch.Count}: {string.Join("", System.Linq.Enumerable.Select(texts, t => t.Payload))}");
            }
            """);
        foreach (var text in (string[])["a", "b", "c", "d"]) await host.PublishAsync("texts", text);
        await host.WaitUntilAsync(() => Lines().Length == 1, TestContext.Current.CancellationToken);
        await host.WaitUntilAsync(
            () =>
            {
                host.Clock.Advance(TimeSpan.FromSeconds(1));
                return Lines().Length == 2;
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(["3: abc", "1: d"], Lines());
    }

    [Fact]
    public async Task A_failure_is_tried_again_and_then_dead_lettered()
    {
        await using var host = await StartAsync("""
            public static class On
            {
                [StreamHandler("texts"), Retry(Attempts = 3, Delay = "1s", Jitter = false, On = new[] { typeof(TimeoutException) }), DeadLetter("texts.dead")]
                public static void Text(string text, MessageContext context)
                {
                    Log.Write(text);
                    throw text == "slow" ? new TimeoutException("slow") : new InvalidOperationException("wrong");
                }
            }
            """);
        await host.PublishAsync("texts", "slow");
        await host.PublishAsync("texts", "wrong");
        await host.WaitUntilAsync(
            () =>
            {
                host.Clock.Advance(TimeSpan.FromSeconds(1));
                return host.Broker.Ends("texts.dead").Sum() == 2;
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(["slow", "slow", "slow", "wrong"], Lines());
    }

    [Fact]
    public async Task A_body_without_a_frame_is_dead_lettered_raw_and_its_reason_quotes_nothing_of_it()
    {
        await using var host = await StartAsync("""
            public record Quake(string Place);

            [JsonSerializable(typeof(Quake))]
            internal sealed partial class AppJson : JsonSerializerContext;

            public static class On
            {
                [StreamHandler("quakes"), DeadLetter("quakes.dead"), PublishTo("quakes.seen")]
                public static Framed<Quake>? Quake(Framed<Quake>? quake)
                {
                    Log.Write(quake is { } q ? $"{q.SchemaId} {q.Payload.Place}" : "tombstone");
                    return quake;
                }
            }
            """);
        byte[] framed = [0, 0, 0, 1, 2, .. """{"Place":"Kobe"}"""u8];
        await host.PublishAsync(new OutgoingMessage { Topic = "quakes", Body = framed });
        await host.PublishAsync("quakes", """{"Place":"secret"}""");
        await host.PublishAsync(new OutgoingMessage { Topic = "quakes", Body = "\0\0\0\0\u0007secret"u8.ToArray() });
        await host.PublishAsync("quakes", null);
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["258 Kobe", "tombstone"], Lines());
        Assert.Equal([framed], host.Broker.Messages("quakes.seen").Select(m => m.Body!.Value.ToArray()));
        var letters = host.Broker.Messages("quakes.dead");
        Assert.Equal("""{"Place":"secret"}"""u8.ToArray(), letters[0].Body!.Value.ToArray());
        Assert.Equal(
            ["The body begins with the byte 0x7B, and a schema frame with the magic byte 0x00.", "The JSON is wrong"],
            letters.Select(l => l.Headers.Text(DeadLetterHeaders.Reason)!).Select(r => r.Contains("line 0", StringComparison.Ordinal) ? "The JSON is wrong" : r));
        Assert.All(letters, l => Assert.DoesNotContain("secret", l.Headers.Text(DeadLetterHeaders.Reason), StringComparison.Ordinal));
    }

    private LoadedProgram? program;

    private async Task<HandlersTestHost> StartAsync(string source)
    {
        program = new LoadedProgram(Generated.From(Log + source));
        return await HandlersTestHost.StartAsync(program.AddTo, partitions: 1, stop: TestContext.Current.CancellationToken);
    }

    private string[] Lines()
    {
        var lines = program!.Lines();
        lock (lines) return [.. lines];
    }
}
