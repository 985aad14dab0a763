using System.Text.Json;
using System.Text.Json.Serialization;

namespace Handlers.Tests;

public sealed record Pair(int A, string B);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Pair))]
internal sealed partial class PairJson : JsonSerializerContext;

public sealed class PayloadTests
{
    [Fact]
    public void Json_goes_by_the_options_of_the_users_context()
    {
        var info = Payload.TypeInfo<Pair>(PairJson.Default);
        Assert.Equal(new Pair(1, "x"), Payload.Json(Of("""{"a":1,"b":"x"}"""), info));
        Assert.Equal("""{"a":1,"b":"x"}"""u8.ToArray(), Payload.PackJson(new Pair(1, "x"), info));
    }

    [Fact]
    public void The_json_word_null_is_invalid() =>
        Assert.Throws<InvalidMessageException>(() => Payload.Json(Of("null"), PairJson.Default.Pair));

    [Fact]
    public void A_type_on_no_context_is_an_error_that_says_what_to_add() =>
        Assert.Contains("[JsonSerializable(typeof(Uri))]", Assert.Throws<InvalidOperationException>(() => Payload.TypeInfo<Uri>(PairJson.Default)).Message, StringComparison.Ordinal);

    [Fact]
    public void Text_that_is_not_utf8_is_invalid() => Assert.Throws<InvalidMessageException>(() => Payload.Text(Bytes.Of([0xC3, 0x28])));

    [Fact]
    public void A_json_element_outlives_the_batch_and_has_nothing_after_it()
    {
        Assert.Equal(2, Payload.JsonElement(Of("""[1,2]""")).GetArrayLength());
        Assert.ThrowsAny<JsonException>(() => Payload.JsonElement(Of("""{} x""")));
        Assert.ThrowsAny<JsonException>(() => Payload.JsonElement(Of("")));
    }

    private static Bytes Of(string text) => Bytes.Of(System.Text.Encoding.UTF8.GetBytes(text));
}
