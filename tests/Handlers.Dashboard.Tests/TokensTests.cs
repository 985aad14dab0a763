using Handlers.Testing;

namespace Handlers.Dashboard.Tests;

/// <summary>What stands for a question.</summary>
public sealed class TokensTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public void A_token_is_good_for_a_minute()
    {
        var tokens = new Tokens(clock);
        var token = tokens.Issue("ann", "pause a");
        clock.Advance(Tokens.GoodFor);
        Assert.True(tokens.TryUse(token, "ann", "pause a"));
        token = tokens.Issue("ann", "pause a");
        clock.Advance(Tokens.GoodFor + TimeSpan.FromMilliseconds(1));
        Assert.False(tokens.TryUse(token, "ann", "pause a"));
    }

    [Fact]
    public void A_token_of_another_process_is_none() => Assert.False(new Tokens(clock).TryUse(new Tokens(clock).Issue("ann", "pause a"), "ann", "pause a"));

    [Theory]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("not a token at all, and much too long to be one, whatever may be said for it")]
    public void What_is_no_token_is_refused(string text) => Assert.False(new Tokens(clock).TryUse(text, "ann", "pause a"));

    [Fact]
    public void No_part_moves_into_the_other()
    {
        var tokens = new Tokens(clock);
        Assert.False(tokens.TryUse(tokens.Issue("ann", "pause a"), "annpause", " a"));
        Assert.False(tokens.TryUse(tokens.Issue("a", "b"), "ab", ""));
    }
}
