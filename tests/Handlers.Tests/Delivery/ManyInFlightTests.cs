using System.Collections.Concurrent;
using System.Globalization;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

/// <summary>Real time: a handler that waits for 10 ms, a thousand at once, ten thousand keys, one lane.</summary>
public sealed class ManyInFlightTests
{
    private const int Messages = 40_000;
    private const int Keys = 10_000;

    private readonly ConcurrentDictionary<int, int> last = new();
    private readonly ConcurrentBag<string> outOfOrder = [];
    private int inFlight;
    private int seen;

    [Fact]
    public async Task Order_by_key_keeps_nine_hundred_of_a_thousand_in_flight_and_the_order_of_every_key()
    {
        var broker = new InMemoryBroker { Partitions = 1 };
        await PublishAsync(broker);
        var samples = new List<int>();
        var host = Host();
        HandlersBuilder.For(host.Services).Add(TestHandler.Of(HandleAsync, settings: s => s with { Ordering = Ordering.Key, Concurrency = 1000 })).UseInMemory(broker);
        using var app = host.Build();
        await app.StartAsync(TestContext.Current.CancellationToken);
        while (Volatile.Read(ref seen) < Messages)
        {
            // Between the first thousand and the last: a lane that fills and one that runs dry have fewer.
            if (Volatile.Read(ref seen) is > 2000 and < Messages - 5000) samples.Add(Volatile.Read(ref inFlight));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await app.StopAsync(TestContext.Current.CancellationToken);

        Assert.Empty(outOfOrder);
        Assert.Equal(new Position(Messages - 1), broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
        Assert.True(samples.Count > 10, $"{samples.Count} looks");
        var median = samples.Order().ElementAt(samples.Count / 2);
        TestContext.Current.SendDiagnosticMessage($"in flight: median {median}, least {samples.Min()}, most {samples.Max()} of {samples.Count} looks");
        Assert.InRange(median, 900, 1000);
        Assert.True(samples.Max() <= 1000, $"{samples.Max()} at once");
    }

    private async ValueTask HandleAsync(string body, MessageContext context, CancellationToken stop)
    {
        var number = int.Parse(body, CultureInfo.InvariantCulture);
        var key = number % Keys;
        Interlocked.Increment(ref inFlight);
        await Task.Delay(10, stop);
        // The order of a key: each of its messages ends before the next begins.
        if (last.TryGetValue(key, out var before) && before >= number) outOfOrder.Add($"{number} after {before}");
        last[key] = number;
        Interlocked.Decrement(ref inFlight);
        Interlocked.Increment(ref seen);
    }

    private static async Task PublishAsync(InMemoryBroker broker)
    {
        var publisher = new InMemoryTransport(broker);
        for (var from = 0; from < Messages; from += 1000)
            await publisher.PublishAsync([.. Enumerable.Range(from, 1000).Select(i => new OutgoingMessage
            {
                Topic = TestHandler.Topic,
                Key = BitConverter.GetBytes(i % Keys),
                Body = OutgoingMessage.Utf8(i.ToString(CultureInfo.InvariantCulture)),
            })], TestContext.Current.CancellationToken);
    }

    private static HostApplicationBuilder Host()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = TestHandler.Group });
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        return builder;
    }
}
