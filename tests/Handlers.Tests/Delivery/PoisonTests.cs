using System.Diagnostics;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

/// <summary>
/// One message in a thousand fails for ever and is dead-lettered. <c>./build.sh bench</c> measures what that costs, to a few per cent; here
/// other tests run beside, so the bound is wider.
/// </summary>
public sealed class PoisonTests
{
    private const int Messages = 400_000;
    private const int Segment = 10_000; // every other one has failures, so what slows the machine down slows both kinds
    private const double Most = 1.5;

    private static readonly byte[] Body = [.. Enumerable.Repeat((byte)'x', 1000)];

    [Theory]
    [InlineData(Ordering.Lane)]
    [InlineData(Ordering.Key)]
    [InlineData(Ordering.None)]
    public async Task Dead_letters_of_one_message_in_a_thousand_do_not_slow_the_others_down(Ordering ordering)
    {
        var broker = new InMemoryBroker { Partitions = 1 };
        var publisher = new InMemoryTransport(broker);
        for (var from = 0; from < Messages; from += 1000)
            await publisher.PublishAsync([.. Enumerable.Range(from, 1000).Select(i => new OutgoingMessage { Topic = TestHandler.Topic, Key = BitConverter.GetBytes(i % 5000), Body = Body })], TestContext.Current.CancellationToken);

        var began = await RunAsync(broker, ordering);
        Assert.Equal(Messages / 1000 / 2, broker.Messages("things.dead").Count);
        var ratios = new List<double>();
        for (var i = 3; i + 2 < began.Length; i += 2)
            ratios.Add(Time(i) / ((Time(i - 1) + Time(i + 1)) / 2));
        ratios.Sort();
        var ratio = ratios[ratios.Count / 2];
        TestContext.Current.SendDiagnosticMessage($"{ordering}: {ratio:0.00} times as long ({ratios[ratios.Count / 4]:0.00} to {ratios[ratios.Count * 3 / 4]:0.00})");
        Assert.True(ratio < Most, $"{ratio:0.00} times as long");

        double Time(int segment) => Stopwatch.GetElapsedTime(began[segment], began[segment + 1]).TotalNanoseconds;
    }

    /// <summary>When each segment began.</summary>
    private static async Task<long[]> RunAsync(InMemoryBroker broker, Ordering ordering)
    {
        var seen = 0;
        var began = new long[(Messages / Segment) + 1];
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "poisoned" });
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        HandlersBuilder.For(builder.Services).UseInMemory(broker).Add(TestHandler.Of(
            (body, _, _) =>
            {
                var n = Interlocked.Increment(ref seen);
                if (n % Segment == 0) began[n / Segment] = Stopwatch.GetTimestamp();
                if (n == Messages) done.SetResult();
                return n % 1000 == 500 && (n / Segment & 1) == 1 ? throw new InvalidOperationException("for ever") : default;
            }, settings: s => s with { Ordering = ordering, DeadLetter = "things.dead" }));
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await done.Task.WaitAsync(TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(new Position(Messages - 1), broker.Committed("poisoned", TestHandler.Topic, 0));
        return began;
    }
}
