using Handlers.Crash;

namespace Handlers.EndToEnd.Tests;

/// <summary>Processes of one group, beside an appender and a watch over the group's position, which must never go back.</summary>
internal sealed class Members : IAsyncDisposable
{
    public const int Partitions = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly Cell Cell = new(Ordering.Lane, Commit.Watermark);

    private readonly string folder = Directory.CreateTempSubdirectory("handlers-members-").FullName;
    private readonly List<Worker> workers = []; // by number
    private readonly Dictionary<int, int> noted = []; // how many lines of each are in handled
    private readonly HashSet<int> handled = [];
    private readonly List<Kill> gone = [];
    private readonly SemaphoreSlim turn = new(1); // one question to the broker at a time
    private readonly CancellationTokenSource over = new();
    private readonly ICrashTransport transport;
    private readonly TimeSpan commitTakes;
    private readonly IEnumerable<KeyValuePair<string, string>> environment;
    private readonly Appending appending;
    private readonly Task<int> watching;

    private Members(ICrashTransport transport, TimeSpan commitTakes, IEnumerable<KeyValuePair<string, string>> environment)
    {
        this.transport = transport;
        this.commitTakes = commitTakes;
        this.environment = environment;
        appending = new Appending(transport, seed: 4);
        watching = WatchAsync();
    }

    /// <param name="transport">Owned.</param>
    /// <param name="commitTakes">What a commit may take beyond its interval.</param>
    /// <param name="environment">Of each process, beside the settings of its cell.</param>
    public static async Task<Members> StartAsync(ICrashTransport transport, TimeSpan commitTakes, params IEnumerable<KeyValuePair<string, string>> environment)
    {
        await transport.CreateTopicAsync(Numbers.Topic, Partitions);
        await transport.CreateTopicAsync(Census.DeadTopic, Partitions);
        await transport.CreateTopicAsync(Census.ResultTopic, Partitions);
        var members = new Members(transport, commitTakes, environment);
        await members.appending.BegunAsync();
        return members;
    }

    /// <param name="through">Another way to the same place; null: none.</param>
    public Worker Join(ICrashTransport? through = null)
    {
        var worker = Worker.Start(through ?? transport, Path.Combine(folder, $"ledger-{workers.Count}.txt"), Cell.Environment().Concat(environment));
        workers.Add(worker);
        return worker;
    }

    public Task HandlesAsync(Worker worker, int messages)
    {
        var from = worker.Handled;
        return UntilAsync(() => worker.Handled >= from + messages, $"Worker {workers.IndexOf(worker)} does not handle {messages} messages");
    }

    /// <summary>Suspends it, and notes what it has and where the group stands: nothing of it moves any more, and what it sent has arrived.</summary>
    public async Task<Kill> SuspendAsync(Worker worker)
    {
        worker.Suspend();
        var at = TimeProvider.System.GetTimestamp();
        var committed = await CommittedAsync();
        worker.Look();
        gone.Add(new Kill(Moment.Handling, workers.IndexOf(worker), at, worker.Held.ToHashSet(), committed));
        return gone[^1];
    }

    public Task UntilAsync(Func<bool> condition, string otherwise) => UntilAsync(() => Task.FromResult(condition()), otherwise);

    private async Task UntilAsync(Func<Task<bool>> condition, string otherwise)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            foreach (var worker in workers) worker.Look();
            Note();
            if (await condition()) return;
            if (watching.IsFaulted) await watching;
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"{otherwise}. {string.Concat(workers.Select((w, n) => $"\n{n}: {w.Errors}"))}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    private void Note()
    {
        foreach (var (worker, number) in workers.Select((worker, number) => (worker, number)))
        {
            for (var line = noted.GetValueOrDefault(number); line < worker.Lines.Count; line++)
                if (worker.Lines[line].IsCall) handled.Add(worker.Lines[line].Id);
            noted[number] = worker.Lines.Count;
        }

        appending.Note(handled.Count);
    }

    /// <summary>The members that are left handle what is left and stop. Then their ledgers are held against the log.</summary>
    /// <param name="left">They.</param>
    /// <param name="late">What is no evidence: of calls that ended when their lanes were others'.</param>
    public async Task<Figures> EndAsync(IEnumerable<Worker> left, Func<Line, bool> late)
    {
        var appended = await appending.EndAsync();
        await UntilAsync(async () => await InTurnAsync(async () => await transport.CommittedAsync(Numbers.Name, Numbers.Topic) is { Count: Partitions } now && await transport.LagAsync(Numbers.Topic, now) == 0), "The last messages are not committed");
        await over.CancelAsync();
        Assert.True(await watching > 10); // it did look
        foreach (var worker in left) Assert.True(await worker.StopAsync() == 0, worker.Errors);
        foreach (var worker in workers) worker.Look();
        var ledgers = workers.Select(w => (IReadOnlyList<Line>)[.. w.Lines.Where(l => !late(l))]).ToList();
        return Verdict.On(Cell, new Evidence(appended, gone, ledgers, await CensusAsync(appended), commitTakes));
    }

    /// <summary>What was handled, and by whom, as far as it was looked at.</summary>
    public IEnumerable<Line> Lines => workers.SelectMany(w => w.Lines);

    private async Task<IReadOnlyList<Line>> CensusAsync(int appended)
    {
        var census = Worker.Start(transport, Path.Combine(folder, "census.txt"), Cell.CensusEnvironment(transport));
        workers.Add(census);
        await UntilAsync(() => census.Handled >= appended, "The log cannot be read to its end");
        await census.StopAsync();
        census.Look();
        return census.Lines;
    }

    private async Task<int> WatchAsync()
    {
        var last = new Dictionary<string, Position>();
        var looks = 0;
        for (; !over.IsCancellationRequested; looks++)
        {
            foreach (var (partition, handled) in await CommittedAsync())
            {
                Assert.False(last.TryGetValue(partition, out var before) && handled < before, $"The group's position in partition {partition} went back from {before} to {handled}.");
                last[partition] = handled;
            }

            await Task.Delay(20, CancellationToken.None);
        }

        return looks;
    }

    private Task<IReadOnlyDictionary<string, Position>> CommittedAsync() => InTurnAsync(() => transport.CommittedAsync(Numbers.Name, Numbers.Topic).AsTask());

    private async Task<T> InTurnAsync<T>(Func<Task<T>> ask)
    {
        await turn.WaitAsync();
        try
        {
            return await ask();
        }
        finally
        {
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await ((Task)watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var worker in workers) worker.Dispose();
        await appending.DisposeAsync();
        await transport.DisposeAsync();
        over.Dispose();
        turn.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
