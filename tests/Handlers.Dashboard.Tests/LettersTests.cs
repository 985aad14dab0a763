using System.Text;
using System.Text.Json.Nodes;

namespace Handlers.Dashboard.Tests;

/// <summary>Dead letters of any shape: whoever publishes may put there what they like, and a look must bear it.</summary>
public sealed class LettersTests(LettersTests.Stage stage) : IClassFixture<LettersTests.Stage>
{
    [Fact]
    public async Task JSON_that_is_no_text_is_shown_as_it_is() // half of a surrogate pair, as an escape
    {
        var body = await BodyAsync("half");
        Assert.Equal(("text", """{"name":"\ud800"}"""), ((string)body["kind"]!, (string)body["text"]!));
    }

    [Fact]
    public async Task JSON_that_would_grow_without_end_is_shown_as_it_is() =>
        Assert.Equal(("text", Nested), ((string)(await BodyAsync("nested"))["kind"]!, (string)(await BodyAsync("nested"))["text"]!));

    [Fact]
    public async Task A_long_body_is_cut_between_characters_and_says_how_long_it_is()
    {
        var body = await BodyAsync("long");
        Assert.Equal((2_000_001, "text", true), ((int)body["bytes"]!, (string)body["kind"]!, (bool)body["cut"]!));
        Assert.Equal("x" + new string('\u00fc', 32 * 1024 - 1), (string)body["text"]!); // 64 KiB would end in the middle of one
    }

    [Fact]
    public async Task Bytes_are_a_dump()
    {
        var body = await BodyAsync("bytes");
        Assert.Equal(("binary", false), ((string)body["kind"]!, (bool)body["cut"]!));
        Assert.StartsWith("0000  00 01 41 ff", (string)body["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_and_no_bytes_are_told_apart()
    {
        Assert.Equal("none", (string)(await BodyAsync("null"))["kind"]!);
        Assert.Equal(("text", 0), ((string)(await BodyAsync("empty"))["kind"]!, (int)(await BodyAsync("empty"))["bytes"]!));
    }

    [Fact]
    public async Task Long_keys_and_headers_are_cut()
    {
        var letter = await LetterAsync("long headers");
        Assert.EndsWith(" ... (1,000,000 bytes)", (string)letter["key"]!, StringComparison.Ordinal);
        Assert.All(letter["headers"]!.AsArray(), h => Assert.InRange(((string)h!["value"]!).Length, 1, 10_000));
        Assert.InRange(((string)letter["reason"]!).Length, 1, 5_000);
    }

    [Theory]
    [InlineData("topic=payments.dead&lane=77", 404)]
    [InlineData("topic=payments", 404)]
    [InlineData("topic=", 400)]
    [InlineData("topic=payments.dead&from=rubbish", 400)]
    [InlineData("topic=payments.dead&from=17", 400)]
    [InlineData("topic=payments.dead&take=0", 400)]
    [InlineData("topic=payments.dead&take=201", 400)]
    [InlineData("topic=payments.dead&lane=0&from=9223372036854775807", 404)]
    public async Task A_look_that_cannot_be_says_so(string query, int status)
    {
        using var response = await stage.Host.Http.GetAsync($"/handlers/api/letters?{query}");
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal((status, status), ((int)response.StatusCode, (int)problem["status"]!));
        Assert.NotEqual("", (string)problem["detail"]!);
    }

    private static readonly string Nested = new string('[', 60) + "1,2,3" + new string(']', 60);

    private async Task<JsonNode> BodyAsync(string name) => (await LetterAsync(name))["body"]!;

    private async Task<JsonNode> LetterAsync(string name) =>
        (await stage.Host.JsonAsync("letters?topic=payments.dead", "operator"))["letters"]!.AsArray().Single(l => l!["headers"]!.AsArray().Any(h => (string)h!["value"]! == name))!;

    public sealed class Stage : IAsyncLifetime
    {
        public DashboardHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Host = await DashboardHost.StartAsync(DashboardHost.Granted);
            await PutAsync("half", """{"name":"\ud800"}"""u8.ToArray());
            await PutAsync("nested", Encoding.UTF8.GetBytes(Nested));
            await PutAsync("long", Encoding.UTF8.GetBytes("x" + new string('\u00fc', 1_000_000)));
            await PutAsync("bytes", [0, 1, 65, 255]);
            await PutAsync("null", null);
            await PutAsync("empty", []);
            await PutAsync("long headers", "x"u8.ToArray(), new byte[1_000_000], new Header("big", new byte[1_000_000]), Header.Of("handlers-reason", new string('y', 1_000_000)));
        }

        private ValueTask PutAsync(string name, byte[]? body, byte[]? key = null, params Header[] more) =>
            Host.PublishAsync(new OutgoingMessage { Topic = "payments.dead", Body = body is null ? (ReadOnlyMemory<byte>?)null : body, Key = key is null ? (ReadOnlyMemory<byte>?)null : key, Headers = new Headers([Header.Of("name", name), .. more]) });

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}
