using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.EndToEnd.Tests;

/// <summary>
/// The sample EarthquakeKafka as two processes against one broker process, while events come all the time: one of the two is killed by SIGKILL at
/// a random moment, and another started. Lost is what was acknowledged, less what the handlers wrote down.
/// </summary>
/// <remarks>`./build.sh crash sample` kills twenty times, the ordinary tests three times: KILLS says how often.</remarks>
[SuppressMessage("Security", "CA5394", Justification = "Moments, not secrets.")]
public sealed class KafkaKillTests : IDisposable
{
    private static readonly int Kills = Environment.GetEnvironmentVariable("KILLS") is { Length: > 0 } kills ? int.Parse(kills, CultureInfo.InvariantCulture) : 3;
    private static readonly string[] Networks = ["ak", "ci", "hv", "mb", "nc", "nn", "pr", "se", "tx", "us", "uu", "uw"];

    private readonly DirectoryInfo data = Directory.CreateTempSubdirectory("handlers-kafka-kill-");

    public void Dispose() => data.Delete(recursive: true);

    [Theory]
    [InlineData("--set session.timeout.ms=3000 --set heartbeat.interval.ms=100"), InlineData("--set group.protocol=consumer")]
    public async Task Killed_at_random_moments_two_consumers_lose_nothing(string settings)
    {
        var random = new Random(Kills);
        await using var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        await broker.SetSessionTimeoutAsync(TimeSpan.FromSeconds(3)); // of the second protocol: there the broker says
        await broker.CreateTopicAsync("earthquakes", 4);
        await broker.CreateTopicAsync("earthquakes.significant", 1);
        var arguments = $"--servers {broker.Bootstrap} --data \"{data.FullName}\" --handle-only {settings}";
        using var end = new CancellationTokenSource();
        var appending = AppendAsync(broker, end.Token);
        var runs = new List<QuickStartRun>();
        try
        {
            runs.AddRange([Start(), Start()]);
            await QuickStartTests.Eventually(() => Ledger().Any());
            for (var kill = 0; kill < Kills; kill++)
            {
                var victim = runs[random.Next(2)];
                await Task.Delay(random.Next(0, 5_000), TestContext.Current.CancellationToken);
                Assert.False(victim.HasExited, victim.Errors + victim.Output);
                await victim.KillAsync();
                victim.Dispose();
                runs[runs.IndexOf(victim)] = Start();
            }

            await end.CancelAsync();
            var appended = await appending;
            await QuickStartTests.Eventually(() => runs.Any(r => r.HasExited) || !appended.Except(Ledger()).Any());
            await QuickStartTests.Eventually(() => runs.All(r => r.HasExited || r.Output.Contains("until Ctrl+C", StringComparison.Ordinal))); // before that a signal ends it as it is
            foreach (var run in runs) run.Interrupt();
            foreach (var run in runs) Assert.True(await run.ExitAsync() == 0, run.Errors + run.Output);
            var written = Ledger().ToHashSet();
            Assert.Empty(appended.Except(written));
            Assert.Empty(written.Except(appended));
            TestContext.Current.SendDiagnosticMessage($"{Kills} kills, {appended.Count} events, lost {appended.Except(written).Count()}, written down {Ledger().Count()} times");
        }
        finally
        {
            foreach (var run in runs) run.Dispose();
        }

        QuickStartRun Start() => QuickStartRun.StartProgram("EarthquakeKafka", arguments);
    }

    /// <summary>Until the token fires. Returns the ids that were acknowledged.</summary>
    private static async Task<List<string>> AppendAsync(Broker broker, CancellationToken end)
    {
        var services = new ServiceCollection();
        HandlersBuilder.For(services).UseKafka(broker.Bootstrap);
        await using var provider = services.BuildServiceProvider();
        var publisher = provider.GetRequiredService<IPublisher>();
        var appended = new List<string>();
        while (!end.IsCancellationRequested)
        {
            var ids = Enumerable.Range(appended.Count, 10).Select(n => $"event-{n}").ToList();
            await publisher.PublishAsync([.. ids.Select((id, n) => Event(id, Networks[(appended.Count + n) % Networks.Length]))], CancellationToken.None);
            appended.AddRange(ids);
            await Task.Delay(20, CancellationToken.None);
        }

        return appended;
    }

    private static OutgoingMessage Event(string id, string network) => new()
    {
        Topic = "earthquakes",
        Key = OutgoingMessage.Utf8(network),
        Body = OutgoingMessage.Utf8($$$"""{"id":"{{{id}}}","properties":{"mag":1.5,"place":"somewhere","sig":35,"net":"{{{network}}}"}}"""),
    };

    /// <summary>What handlers wrote down, repetitions and all. The last line of a process that was killed may be broken off.</summary>
    private IEnumerable<string> Ledger() => data.GetFiles("ledger-*.txt").SelectMany(f => Lines(f.FullName)).Where(l => l.EndsWith(']')).Select(l => l.Split('"')[1]);

    private static List<string> Lines(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var lines = new List<string>();
        while (reader.ReadLine() is { } line) lines.Add(line);
        return lines;
    }
}
