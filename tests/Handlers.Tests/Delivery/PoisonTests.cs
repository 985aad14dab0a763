using System.Diagnostics;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

/// <summary>
/// One message in a thousand fails for ever and is dead-lettered. <c>./build.sh bench</c> measures what that costs; here only a collapse
/// shows, as the machine may be busy.
/// </summary>
public sealed class PoisonTests
{
    private const int Messages = 100_000;
    private const int Rounds = 5;

    [Theory]
    [InlineData(Ordering.Lane)]
    [InlineData(Ordering.Key)]
    [InlineData(Ordering.None)]
    public async Task Dead_letters_of_one_message_in_a_thousand_do_not_slow_the_others_down(Ordering ordering)
    {
        var broker = new InMemoryBroker { Partitions = 1 };
        var publisher = new InMemoryTransport(broker);
        for (var from = 0; from < Messages; from += 1000)
            await publisher.PublishAsync([.. Enumerable.Range(from, 1000).Select(i => new OutgoingMessage { Topic = TestHandler.Topic, Key = BitConverter.GetBytes(i % 5000), Body = "a message"u8.ToArray() })], TestContext.Current.CancellationToken);

        var (well, poisoned) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var round = 0; round <= Rounds; round++)
        {
            var times = (await RunAsync(broker, ordering, $"well{round}", fails: false), await RunAsync(broker, ordering, $"poisoned{round}", fails: true));
            if (round == 0) continue; // warming up
            well.Add(times.Item1);
            poisoned.Add(times.Item2);
        }

        Assert.Equal((Rounds + 1) * Messages / 1000, broker.Messages("things.dead").Count);
        var ratio = poisoned.Order().ElementAt(Rounds / 2) / well.Order().ElementAt(Rounds / 2);
        TestContext.Current.SendDiagnosticMessage($"{ordering}: {ratio:0.00} times as long");
        Assert.True(ratio < 2, $"{ratio:0.00} times as long");
    }

    private static async Task<TimeSpan> RunAsync(InMemoryBroker broker, Ordering ordering, string group, bool fails)
    {
        var seen = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = group });
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        HandlersBuilder.For(builder.Services).UseInMemory(broker).Add(TestHandler.Of(
            (_, context, _) =>
            {
                if (Interlocked.Increment(ref seen) == Messages) done.SetResult();
                return fails && context.Position.Number % 1000 == 500 ? throw new InvalidOperationException("for ever") : default;
            }, settings: s => s with { Ordering = ordering, DeadLetter = "things.dead" }));
        using var host = builder.Build();
        var began = Stopwatch.GetTimestamp();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await done.Task.WaitAsync(TestContext.Current.CancellationToken);
        var elapsed = Stopwatch.GetElapsedTime(began);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(new Position(Messages - 1), broker.Committed(group, TestHandler.Topic, 0));
        return elapsed;
    }
}
