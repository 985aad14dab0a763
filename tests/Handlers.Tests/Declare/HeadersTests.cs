namespace Handlers.Tests;

public sealed class HeadersTests
{
    private readonly Headers headers = new(Header.Of("a", "1"), Header.Of("A", "2"), Header.Of("a", "3"), Header.Of("none", null), new Header("raw", new byte[] { 0xFF }));

    [Fact]
    public void Where_a_name_repeats_the_last_counts() => Assert.Equal(("3", "2"), (headers.Text("a"), headers.Text("A")));

    [Fact]
    public void A_null_value_is_there_and_null()
    {
        Assert.True(headers.TryGet("none", out var value));
        Assert.Null(value);
        Assert.False(headers.TryGet("missing", out _));
    }

    [Fact]
    public void Binary_values_do_not_break_text() => Assert.Equal("\uFFFD", headers.Text("raw"));
}
