using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Testing.Tests;

public sealed record Order(int Id, decimal Amount);

public sealed record Receipt(int Order);

[JsonSerializable(typeof(Order)), JsonSerializable(typeof(Receipt))]
internal sealed partial class TestJson : JsonSerializerContext;

public interface IBank
{
    ValueTask ChargeAsync(decimal amount, CancellationToken stop);
}

/// <summary>A handler as users write them, with a constructor, a result, a key and a header.</summary>
public sealed class Orders(IBank bank)
{
    [StreamHandler("orders", Group = "billing", OnFailure = FailedHandler.Skip), PublishTo("receipts")]
    public async Task<Receipt?> OnOrder(Order order, [FromKey] string? customer, [FromHeader("trace")] string? trace, CancellationToken stop)
    {
        if (customer == "free") return null;
        await bank.ChargeAsync(order.Amount, stop);
        return new Receipt(order.Id + (trace is null ? 0 : 1000));
    }
}

/// <summary>The test host as users use it: their handlers, through the generated code.</summary>
public sealed class HandlersTestHostTests
{
    [Fact]
    public async Task A_handler_is_found_wired_called_and_its_position_committed()
    {
        var bank = new Bank();
        await using var host = await StartAsync(bank);
        await host.PublishAsync("orders", new Order(7, 12.5m), TestJson.Default.Order, key: "ann");
        await host.PublishAsync("orders", new Order(8, 1m), TestJson.Default.Order, key: "free");
        await host.PublishAsync("orders", new Order(9, 2m), TestJson.Default.Order, key: "ann", new Headers(Header.Of("trace", "x")));
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);

        Assert.Equal([12.5m, 2m], bank.Charged);
        Assert.All(host.Outcomes, o => Assert.Equal(("Orders.OnOrder", OutcomeKind.Handled), (o.Handler, o.Kind)));
        Assert.Equal(3, host.Committed("billing", "orders"));
        Assert.Equal(["""{"Order":7}""", """{"Order":1009}"""], host.Broker.Messages("receipts").Select(m => System.Text.Encoding.UTF8.GetString(m.Body!.Value.Span)));
        Assert.All(host.Broker.Messages("receipts"), m => Assert.Equal("ann", System.Text.Encoding.UTF8.GetString(m.Key!.Value.Span)));
    }

    [Fact]
    public async Task A_failure_and_an_invalid_message_show_as_outcomes()
    {
        await using var host = await StartAsync(new Bank { Fails = true });
        await host.PublishAsync("orders", new Order(7, 12.5m), TestJson.Default.Order, key: "ann");
        await host.PublishAsync("orders", """{"Id":"no number"}""", key: "ann");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);

        Assert.Equal([OutcomeKind.Skipped, OutcomeKind.Skipped], host.Outcomes.Select(o => o.Kind));
        Assert.Equal("the bank is closed", host.Outcomes[0].Exception!.Message);
        Assert.Equal(new HandlerCounts(2, 0, 1, 1, 0), host.Status.Handlers.Single(h => h.Name == "Orders.OnOrder").Counts);
    }

    [Fact]
    public async Task A_service_that_is_not_registered_is_an_error_at_the_start_that_names_it()
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => HandlersTestHost.StartAsync(s => s.AddStreamHandlers(), stop: TestContext.Current.CancellationToken));
        Assert.Contains("'Orders.OnOrder' needs Handlers.Testing.Tests.IBank", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_ends_with_what_is_missing()
    {
        var bank = new Bank { Opens = new TaskCompletionSource() };
        await using var host = await StartAsync(bank);
        host.Patience = TimeSpan.FromMilliseconds(50);
        await host.PublishAsync("orders", new Order(7, 12.5m), TestJson.Default.Order);
        var error = await Assert.ThrowsAsync<TimeoutException>(() => host.WaitUntilHandledAsync(TestContext.Current.CancellationToken));
        Assert.Contains("orders of billing: 0 of 1 final", error.Message, StringComparison.Ordinal);
    }

    private static Task<HandlersTestHost> StartAsync(Bank bank) => HandlersTestHost.StartAsync(
        services => services.AddSingleton<IBank>(bank).AddStreamHandlers(), partitions: 1, stop: TestContext.Current.CancellationToken);

    private sealed class Bank : IBank
    {
        public List<decimal> Charged { get; } = [];

        public bool Fails { get; init; }

        public TaskCompletionSource? Opens { get; init; }

        public async ValueTask ChargeAsync(decimal amount, CancellationToken stop)
        {
            if (Opens is not null) await Opens.Task.WaitAsync(stop);
            if (Fails) throw new InvalidOperationException("the bank is closed");
            Charged.Add(amount);
        }
    }
}
