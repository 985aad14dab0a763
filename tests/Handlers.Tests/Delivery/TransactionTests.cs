using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Tests;

/// <summary>Results that become durable with the position of their message. What a transport does of it is in the contract suite.</summary>
public sealed class TransactionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Results_wait_for_the_interval_and_go_out_with_the_position()
    {
        await using var host = await StartAsync(static (text, _) => text + "!", interval: "00:00:30");
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.PublishAsync(TestHandler.Topic, "b");
        await host.WaitUntilAsync(() => host.Outcomes.Count == 2, Stop);
        Assert.False(host.Status.Handlers.Single().Lanes.Single().IsCaughtUp, "It is caught up before its results are there.");
        Assert.Empty(host.Broker.Messages("results"));
        await host.AdvanceUntilAsync(() => host.Broker.Messages("results").Count == 2, TimeSpan.FromMilliseconds(50), Stop);
        Assert.Equal(1, host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0)!.Value.Number);
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Single().IsCaughtUp, Stop);
    }

    [Fact]
    public async Task So_many_results_do_not_wait_for_the_interval()
    {
        await using var host = await StartAsync(static (text, _) => text, interval: "00:10:00", ("Handlers:MaxUncommitted", "10"), ("Handlers:BatchSize", "5"));
        for (var i = 0; i < 25; i++) await host.PublishAsync(TestHandler.Topic, $"{i}");
        await host.WaitUntilAsync(() => host.Broker.Messages("results").Count >= 20, Stop);
    }

    [Fact]
    public async Task What_is_published_before_a_rewind_is_not_forgotten_by_it()
    {
        await using var host = await StartAsync(static (text, _) => text, interval: "00:10:00");
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilAsync(() => host.Outcomes.Count == 1, Stop);
        await host.Services.GetRequiredService<HandlersControl>().RewindAsync(TestHandler.Name, StartPosition.Latest, "0", Stop);
        Assert.Single(host.Broker.Messages("results"));
    }

    [Fact]
    public async Task A_call_that_goes_on_behind_its_time_limit_publishes_nothing_and_hears_so()
    {
        var late = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).Add(new HandlerRegistration<string>
            {
                Name = TestHandler.Name,
                Declared = new HandlerSettings { Topic = TestHandler.Topic, Commit = Commit.Transaction, PublishTo = "results", TimeLimit = TimeSpan.FromSeconds(1), OnFailure = FailedHandler.Skip },
                PayloadType = "string",
                Unpack = Payload.Text,
                Dispatch = (string payload, in HandlerCall call) => PublishAsync(call.PublishEachAsync(ResultsAsync(payload), Pack)),
            }),
            partitions: 1, stop: Stop);
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.AdvanceUntilAsync(() => host.Outcomes.Count == 1, TimeSpan.FromMilliseconds(100), Stop);
        goOn.SetResult();
        Assert.Contains("is in no transaction", (await late.Task)?.Message ?? "", StringComparison.Ordinal);
        await host.AdvanceUntilAsync(() => host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0) is not null, TimeSpan.FromMilliseconds(100), Stop);
        Assert.Empty(host.Broker.Messages("results"));

        async IAsyncEnumerable<string> ResultsAsync(string payload)
        {
            yield return payload + " early";
            await goOn.Task;
            yield return payload + " late";
        }

        async ValueTask PublishAsync(ValueTask publishing)
        {
            try
            {
                await publishing;
                late.SetResult(null);
            }
            catch (Exception e)
            {
                late.SetResult(e);
                throw;
            }
        }
    }

    [Fact]
    public async Task A_transport_without_transactions_is_an_error_at_start_that_names_the_handler()
    {
        using var host = new ScriptedTransport().Build(Of(static (text, _) => text));
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => host.StartAsync(Stop));
        Assert.Contains("'Things.OnThing' has Commit = Transaction, and transport 'default' has no transactions. Use Commit.Watermark", error.Message, StringComparison.Ordinal);
    }

    private static OutgoingMessage Pack(string text) => new() { Body = OutgoingMessage.Utf8(text) };

    private static HandlerRegistration<string> Of(Func<string, MessageContext, string> handle) => new()
    {
        Name = TestHandler.Name,
        Declared = new HandlerSettings { Topic = TestHandler.Topic, Commit = Commit.Transaction, PublishTo = "results" },
        PayloadType = "string",
        Unpack = Payload.Text,
        Dispatch = (string payload, in HandlerCall call) => call.PublishAsync(handle(payload, call.Context), Pack),
    };

    private static Task<HandlersTestHost> StartAsync(Func<string, MessageContext, string> handle, string interval, params (string Key, string Value)[] settings) => TestHandler.StartAsync(
        Of(handle),
        configuration: settings.Append(("Handlers:TransactionInterval", interval)).Select(static s => KeyValuePair.Create(s.Item1, (string?)s.Item2)));
}
