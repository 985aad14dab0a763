namespace Handlers.Tests;

public sealed class PositionParseTests
{
    [Fact]
    public void What_was_written_is_read()
    {
        foreach (var position in (Position[])[new(0), new(-1), new(long.MaxValue), new("0", 0), new("49670817281935", 12), new("49670817281935", long.MaxValue), new("7", -1)])
        {
            Assert.True(Position.TryParse(position.ToString(), out var read));
            Assert.Equal(position, read);
        }
    }

    [Fact]
    public void What_is_no_position_is_not_read()
    {
        foreach (var text in (string?[])[null, "", "x", "1:", ":1", "1:x", "a:1", "01:1", "1:2:3", "1 ", "99999999999999999999", "-1:1", "2026-01-31"])
            Assert.False(Position.TryParse(text, out _), text);
    }
}
