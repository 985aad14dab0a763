using Handlers.Kinesis.Peers;

namespace Handlers.EndToEnd.Tests;

/// <summary>
/// The same on Kinesis, by its emulators: one cell for each commit, since most of the time the leases of a worker that was killed wait until their time is
/// over. `./build.sh crash kinesis` has every cell.
/// </summary>
public sealed class KinesisCrashTests
{
    [Theory]
    [InlineData("Lane-Watermark-DeadLetter"), InlineData("Lane-EachMessage"), InlineData("Key-OnRead")]
    public Task Three_kills_break_no_promise(string cell)
    {
        Assert.SkipWhen(Emulator.Missing is not null, Emulator.Missing ?? "");
        return CrashTests.RunAsync("kinesis", cell);
    }
}
