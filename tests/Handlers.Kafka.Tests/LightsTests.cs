using Handlers.Kafka.Peers;
using Handlers.Transport.Contract;

namespace Handlers.Kafka.Tests;

/// <summary>The lights in real time, over brokers of their own. They wait for seconds, so they wait together.</summary>
public sealed class LightsTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_broker_that_goes_and_a_handler_that_hangs_turn_ready_red_within_10_s_and_green_again_after() =>
        await Task.WhenAll(TheBrokerGoesAsync(), TheHandlerHangsAsync());

    private static async Task TheBrokerGoesAsync()
    {
        await using var broker = await StartAsync();
        await using var host = await LitHost.StartAsync(b => Use(b, broker));
        await host.ConsumesAsync("before");
        await host.BrokerGoesAsync(() => broker.DownAsync(-1), () => broker.UpAsync(-1));
    }

    private static async Task TheHandlerHangsAsync()
    {
        await using var broker = await StartAsync();
        await using var host = await LitHost.StartAsync(b => Use(b, broker));
        await host.HangsAsync();
    }

    private static async Task<Broker> StartAsync()
    {
        var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        await broker.CreateTopicAsync(LitHost.Topic, 2);
        return broker;
    }

    private static void Use(HandlersBuilder builder, Broker broker) => builder.UseKafka(kafka =>
    {
        kafka.Servers = broker.Bootstrap;
        foreach (var (name, value) in TestSettings.ConsumerProtocol) kafka.ConsumerSettings[name] = value;
    });
}
