namespace Handlers.Tests;

public sealed class DurationTests
{
    [Theory]
    [InlineData("5", 5)]
    [InlineData("0.25", 0.25)]
    [InlineData("0", 0)]
    [InlineData("00:00:05", 5)]
    [InlineData("7.00:00:00", 7 * 86400)]
    public void Seconds_and_time_spans_are_read(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(seconds, duration.TotalSeconds);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("-00:00:01")]
    [InlineData("NaN")]
    [InlineData("1e300")]
    [InlineData("soon")]
    public void What_is_no_length_of_time_is_not(string? text) => Assert.False(Duration.TryParse(text, out _));
}
