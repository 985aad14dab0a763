using FsCheck;
using FsCheck.Fluent;

namespace Handlers.Tests;

public sealed class PositionTests
{
    [Fact]
    public void Numbers_compare_as_numbers() => Assert.True(new Position(9) < new Position(10));

    /// <summary>Kinesis sequence numbers are big integers: compared as text, 10 would come before 9.</summary>
    [Fact]
    public void Sequences_compare_as_numbers_not_as_text()
    {
        Assert.True(new Position("9", 0) < new Position("10", 0));
        Assert.True(new Position("49590338271490256608559692538361571095921575989136588898", 5) < new Position("49590338271490256608559692538361571095921575989136588899", 0));
        Assert.True(new Position("7", 1) < new Position("7", 2));
    }

    [Fact]
    public void Sequences_compare_as_big_integers_do() =>
        Prop.ForAll<ulong, ulong>((a, b) =>
            Math.Sign(new Position($"{a}0{b}", 0).CompareTo(new Position($"{b}0{a}", 0))) ==
            Math.Sign(Big($"{a}0{b}").CompareTo(Big($"{b}0{a}"))) || a == 0 || b == 0).QuickCheckThrowOnFailure();

    [Fact]
    public void It_reads_as_people_write_it() => Assert.Equal(("42", "7:1"), (new Position(42).ToString(), new Position("7", 1).ToString()));

    private static System.Numerics.BigInteger Big(string text) => System.Numerics.BigInteger.Parse(text, null);
}
