using System.Text.Json;

namespace Handlers.Tests;

/// <summary>Logs tell why a message is invalid and never quote it.</summary>
public sealed class OutcomeTests
{
    [Theory]
    [InlineData("secret")]
    [InlineData("""{"a":"secret"}""")]
    [InlineData("""{"secret":{"A":}}""")]
    public void The_reason_of_invalid_json_does_not_quote_it(string body)
    {
        var error = Assert.ThrowsAny<JsonException>(() => Payload.Json(Bytes.Of(System.Text.Encoding.UTF8.GetBytes(body)), PairJson.Default.Pair));
        var reason = Outcome.Invalid(error).Reason;
        Assert.DoesNotContain("secret", reason, StringComparison.Ordinal);
        Assert.DoesNotContain("'s'", reason, StringComparison.Ordinal);
        Assert.Contains("(line 0, byte ", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_type_is_named() => Assert.StartsWith(
        "The JSON value could not be converted to ",
        Outcome.Invalid(Assert.ThrowsAny<JsonException>(() => Payload.Json(Bytes.Of("""{"a":"x"}"""u8.ToArray()), PairJson.Default.Pair))).Reason, StringComparison.Ordinal);

    [Fact]
    public void What_an_unpack_of_the_users_throws_is_named_by_its_type_alone() =>
        Assert.Equal("The body cannot be unpacked: FormatException.", Outcome.Invalid(new FormatException("The input string 'secret' was not in a correct format.")).Reason);

    [Fact]
    public void What_a_handler_throws_is_its_own_to_say() =>
        Assert.Equal("the bank is closed", Outcome.Of(new InvalidOperationException("the bank is closed"), CancellationToken.None).Reason);
}
