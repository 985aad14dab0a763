using Handlers.Testing;

namespace Handlers.Tests;

/// <summary>Options that no timer could keep are said at the start, wherever they were set.</summary>
public sealed class OptionRangeTests
{
    [Theory]
    [InlineData("Handlers:CommitInterval", "0.0001", "CommitInterval")]
    [InlineData("Handlers:StopBudget", "100.00:00:00", "StopBudget")]
    [InlineData("Handlers:RevokeBudget", "100.00:00:00", "RevokeBudget")]
    [InlineData("Handlers:Things.OnThing:TimeLimit", "100.00:00:00", "TimeLimit")]
    public async Task Of_configuration(string key, string value, string named)
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => TestHandler.StartAsync(
            TestHandler.Of((_, _, _) => default), configuration: [new(key, value)]));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<HandlersOptions>> Wrong => new()
    {
        { "CommitInterval", o => o.CommitInterval = TimeSpan.Zero },
        { "StopBudget", o => o.StopBudget = Timeout.InfiniteTimeSpan },
        { "RevokeBudget", o => o.RevokeBudget = TimeSpan.MaxValue },
        { "DrainShare", o => o.DrainShare = double.NaN },
        { "BatchSize", o => o.BatchSize = 0 },
        { "BatchBytes", o => o.BatchBytes = 0 },
        { "CommitAttempts", o => o.CommitAttempts = 0 },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task Of_code(string named, Action<HandlersOptions> configure)
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).Add(TestHandler.Of((_, _, _) => default)).Configure(configure), stop: TestContext.Current.CancellationToken));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }
}
