namespace Handlers.EndToEnd.Tests;

/// <summary>The same on Kafka, beside it: most of the time a group waits until it notices that a member was killed.</summary>
public sealed class KafkaCrashTests
{
    public static TheoryData<string> Cells => CrashTests.Cells;

    [Theory, MemberData(nameof(Cells))]
    public Task Three_kills_break_no_promise(string cell) => CrashTests.RunAsync("kafka", cell);
}
