using Handlers.Generators.Analyzers;
using Handlers.Generators.Tests.Driving;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Handlers.Generators.Tests;

/// <summary>Code that is being typed is wrong most of the time. Neither generator nor analyzer may fall over it.</summary>
public class UnfinishedCodeTests
{
    private const string Source = """
        [assembly: Handlers.HandlersModule(typeof(int))]
        public record Quake(string Place);
        [JsonSerializable(typeof(Quake)), JsonSerializable(null), JsonSerializable]
        internal partial class AppJson : JsonSerializerContext;
        [SingletonHandler]
        public class Alerts([FromKeyedServices("k")] IServiceProvider services, int count = 3) : IDisposable
        {
            [StreamHandler("a", Group = "g", Commit = Commit.OnRead, OnFailure = FailedHandler.Stop, Start = StartFrom.Time, StartAt = "2026-01-31", TimeLimitSeconds = 1), PublishTo("b")]
            public async IAsyncEnumerable<OutgoingMessage<Quake?>?> On(Quake? quake, [FromKey] string? key, [FromHeader("h")] ReadOnlyMemory<byte> header, [FromServices] IServiceProvider more, CancellationToken stop)
            {
                [StreamHandler("c")] void Local(string s) { }
                var lambda = [StreamHandler("d")] (string s) => { };
                yield break;
            }
            [StreamHandler("i", Preset = Preset.InOrder, Ordering = Ordering.Key, Concurrency = 3, MessageType = "m", TypeFrom = TypeSource.Json, TypeName = "t", OnUnmatched = UnmatchedType.DeadLetter)]
            [Retry(Attempts = 1, Delay = "x", Backoff = (Backoff)9, On = new[] { typeof(List<>), null, typeof(Nope) }, Except = new Type[1], Pipeline = ""), RetryTopics("5s", null, "5s"), RetryTopics(new string[] { "1s" })]
            [DeadLetter("i"), Batch(Size = -1, Time = "-1"), CircuitBreaker(null)]
            public void Batch(IReadOnlyList<Message<Quake?>?>? quakes, BatchContext context, MessageContext other) { }
            [StreamHandler("i", MessageType = "n"), RetryTopics, DeadLetter, CircuitBreaker, Retry(On = 3)] public void More(Message<Quake> quake) { }
            [StreamHandler] public int this[int index] { [StreamHandler("e")] get => 1; }
            [StreamHandler("f")] public static Alerts operator +(Alerts a, Alerts b) => a;
            [StreamHandler("g")] ~Alerts() { }
            [StreamHandler(Group = "h")] public delegate*<int> Pointer(__arglist);
        """;

    public static TheoryData<int> Parts => [.. Enumerable.Range(0, 4)];

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Cut_off_anywhere_it_is_generated_and_analyzed(int part)
    {
        var stop = TestContext.Current.CancellationToken;
        for (var length = 1 + (part * 7); length <= Source.Length; length += 28)
        {
            var compilation = Sources.Compile(Source[..length]);
            var result = CSharpGeneratorDriver.Create(new HandlersGenerator()).RunGenerators(compilation, stop).GetRunResult().Results[0];
            Assert.Null(result.Exception);
            var found = await compilation.WithAnalyzers([new HandlerAnalyzer()]).GetAnalyzerDiagnosticsAsync(stop);
            Assert.DoesNotContain(found, d => d.Id == "AD0001");
        }
    }

    [Fact]
    public async Task Whole_it_is_generated_and_analyzed()
    {
        var compilation = Sources.Compile(Source + "}");
        Assert.Null(CSharpGeneratorDriver.Create(new HandlersGenerator()).RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().Results[0].Exception);
        Assert.DoesNotContain(await Marked.AnalyzeAsync(compilation), d => d.Id == "AD0001");
    }
}
