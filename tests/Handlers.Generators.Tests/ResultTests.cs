using Handlers.Generators.Tests.Driving;

namespace Handlers.Generators.Tests;

public class ResultTests
{
    private const string Source = MainPathTests.Log + """

        namespace App
        {
            public record Quake(string Place);

            [JsonSerializable(typeof(Quake))]
            internal sealed partial class AppJson : JsonSerializerContext;

            public static class On
            {
                [StreamHandler("t"), PublishTo("out")] public static string? Value(string s) => s == "none" ? null : s;
                [StreamHandler("t"), PublishTo("out")] public static async Task<Quake> TaskOf(string s) { await Task.Yield(); return new(s); }
                [StreamHandler("t"), PublishTo("out")] public static async Task<Quake?> TaskOfNull(string s) { await Task.Yield(); return null; }
                [StreamHandler("t"), PublishTo("out")] public static ValueTask<int?> ValueTaskOf(Quake? q) => new(q is null ? null : 1);
                [StreamHandler("t"), PublishTo("out")] public static async IAsyncEnumerable<string> Each(string s) { await Task.Yield(); yield return s; yield return s + s; }
                [StreamHandler("t"), PublishTo("out")] public static OutgoingMessage<Quake> Outgoing(string s) => new(new(s)) { KeyText = "own", Headers = new(Header.Of("h", "v")) };
                [StreamHandler("t"), PublishTo("out")] public static OutgoingMessage<Quake?> Tombstone(string s) => new(null) { KeyText = "own" };
                [StreamHandler("t"), PublishTo("out")] public static OutgoingMessage<byte[]?> Bytes(string s) => new(null);
                [StreamHandler("t"), PublishTo("out")] public static OutgoingMessage<int?>? NoMessage(string s) => s == "none" ? null : new(5);
            }

            [JsonSerializable(typeof(int))]
            internal sealed partial class NumberJson : JsonSerializerContext;
        }
        """;

    private static readonly Lazy<Generated> Program = new(() => Generated.From(Source));

    [Theory]
    [InlineData("Value", "a", "out k a")]
    [InlineData("Value", "none")]
    [InlineData("TaskOf", "a", """out k {"Place":"a"}""")]
    [InlineData("TaskOfNull", "a")]
    [InlineData("ValueTaskOf", """{"Place":"a"}""", "out k 1")]
    [InlineData("Each", "a", "out k a", "out k aa")]
    [InlineData("Outgoing", "a", """out own {"Place":"a"}""")]
    [InlineData("Tombstone", "a", "out own -")]
    [InlineData("Bytes", "a", "out - -")]
    [InlineData("NoMessage", "a", "out - 5")]
    [InlineData("NoMessage", "none")]
    public async Task A_result_is_published(string method, string body, params string[] expected)
    {
        var publisher = new Published();
        await new LoadedProgram(Program.Value).CallAsync("On." + method, Messages.Of(body, key: "k"), publisher);
        Assert.Equal(expected, publisher.Lines);
        if (method == "Outgoing") Assert.Equal("v", publisher.Messages[0].Headers.Text("h"));
    }

    [Fact]
    public void A_plain_result_reads_the_key_that_it_is_published_with()
    {
        var handlers = new LoadedProgram(Program.Value).Register().Handlers.ToDictionary(h => h.Name);
        Assert.Equal(MessageParts.Key, handlers["On.Value"].Reads);
        Assert.Equal(MessageParts.None, handlers["On.Outgoing"].Reads);
        Assert.Equal("out", handlers["On.Outgoing"].Declared.PublishTo);
    }

    [Fact]
    public void Emitted_files() => Snapshot.Verify(Program.Value, ["App.On.TaskOfNull.g.cs", "App.On.ValueTaskOf.g.cs", "App.On.Each.g.cs", "App.On.Tombstone.g.cs", "App.On.NoMessage.g.cs"]);
}
