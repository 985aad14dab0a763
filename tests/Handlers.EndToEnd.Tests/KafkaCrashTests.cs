using Handlers.Crash;

namespace Handlers.EndToEnd.Tests;

/// <summary>The same on Kafka, beside it: most of the time a group waits until it notices that a member was killed.</summary>
public sealed class KafkaCrashTests
{
    public static TheoryData<string> Cells => CrashTests.Cells;

    [Theory, MemberData(nameof(Cells))]
    public Task Three_kills_break_no_promise(string cell)
    {
        Assert.SkipWhen(ICrashTransport.CannotShow("kafka", Cell.All.Single(c => c.Name == cell)) is not null, "The broker process forgets positions that are committed in transactions.");
        return CrashTests.RunAsync("kafka", cell);
    }
}
