using Handlers.Testing;

namespace Handlers.Tests;

/// <summary>What configuration can say of delivery that cannot be.</summary>
public sealed class DeliveryErrorTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Retry", "5", "Handlers:Things.OnThing:Retry")]
    [InlineData("RetryTopics", "60d", "retry topic")]
    [InlineData("RetryTopics", "5s,5s", "twice")]
    [InlineData("Retry:Delay", "2d", "at most a day")]
    [InlineData("BatchTime", "60d", "BatchTime")]
    [InlineData("Commit", "OnRead", "OnFailure")]
    [InlineData("Commit", "Transaction", "take messages in an order")]
    [InlineData("DeadLetter", "things.test.retry.1m", "things.test.retry.1m")]
    [InlineData("Concurrency", "200000", "from 1 to 100000")]
    [InlineData("BatchSize", "200000", "100000")]
    public async Task Configuration_that_means_nothing_says_so_with_the_key(string key, string value, string expected)
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(async () =>
        {
            await using var host = await TestHandler.StartAsync(
                TestHandler.Of((_, _, _) => default, settings: s => s with { Ordering = Ordering.None, OnFailure = FailedHandler.Stop, RetryTopics = [TimeSpan.FromMinutes(1)] }),
                configuration: [KeyValuePair.Create($"Handlers:Things.OnThing:{key}", (string?)value)]);
        });
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Delay", "2d")]
    [InlineData("MaxDelay", "2d")]
    [InlineData("Delay", "1m")] // longer than the longest, 30 s
    public async Task A_pipeline_of_configuration_has_the_limits_of_a_retry(string key, string value)
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(async () =>
        {
            await using var host = await TestHandler.StartAsync(
                TestHandler.Of((_, _, _) => default, settings: s => s with { Retry = new RetrySettings { Pipeline = "patient" } }),
                configuration: [KeyValuePair.Create($"Handlers:Pipelines:patient:{key}", (string?)value)]);
        });
        Assert.Contains("patient", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_of_a_retry_topic_of_its_own_group_is_an_error_at_start()
    {
        await Assert.ThrowsAsync<HandlersConfigurationException>(async () =>
        {
            await using var host = await HandlersTestHost.StartAsync(
                s => HandlersBuilder.For(s)
                    .Add(TestHandler.Of((_, _, _) => default, settings: x => x with { Ordering = Ordering.None, RetryTopics = [TimeSpan.FromSeconds(5)] }))
                    .Add(TestHandler.Of((_, _, _) => default, "Things.OnRetry", x => x with { Topic = "things.test.retry.5s" })),
                partitions: 1, stop: Stop);
        });
    }
}
