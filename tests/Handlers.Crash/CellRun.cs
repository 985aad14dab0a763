using System.Diagnostics.CodeAnalysis;

namespace Handlers.Crash;

/// <summary>Kills workers of one cell until there were enough kills, lets the last ones finish, and gathers the evidence.</summary>
[SuppressMessage("Security", "CA5394", Justification = "Moments, not secrets.")]
internal sealed class CellRun(ICrashTransport transport, Cell cell, string folder, int seed) : IDisposable
{
    private const int Partitions = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Random random = new(seed);
    private readonly List<Worker> workers = []; // by number, dead ones included
    private readonly List<Worker> alive = [];
    private readonly List<Kill> kills = [];
    private Queue<Moment> moments = [];
    private Appending? appending;
    private int uncounted; // messages that are behind the group and in no ledger, less those that are there twice

    /// <summary>How long it took from the start of each worker to its first message. Those without one are left out.</summary>
    public IReadOnlyList<TimeSpan> Restarts => [.. workers
        .Where(w => w.Handled > 0)
        .Select(w => TimeProvider.System.GetElapsedTime(w.StartedAt, w.Lines.First(l => l.IsCall).At))
        .Order()];

    public async Task<Evidence> RunAsync(int count)
    {
        await transport.CreateTopicAsync(Numbers.Topic, Partitions);
        await transport.CreateTopicAsync(Census.DeadTopic, Partitions);
        await transport.CreateTopicAsync(Census.ResultTopic, Partitions);
        await using var appender = appending = new Appending(transport, random.Next());
        await appender.BegunAsync();
        while (kills.Count < count) await RoundAsync(Pick(count - kills.Count));
        var appended = await appending.EndAsync();
        var unfinished = await FinishAsync(appended);
        return new Evidence(appended, kills, [.. workers.Select(w => w.Lines)], await CensusAsync(appended), transport.CommitTakes, unfinished);
    }

    /// <summary>Every moment in turn, in an order by chance: a few kills meet different ones.</summary>
    private Moment Pick(int left)
    {
        if (moments.Count == 0) moments = new Queue<Moment>(Enum.GetValues<Moment>().OrderBy(_ => random.Next()));
        var moment = moments.Dequeue();
        return moment == Moment.TakenOver && left < 2 ? Moment.Committing : moment;
    }

    private async Task RoundAsync(Moment moment)
    {
        var fresh = moment is Moment.Starting or Moment.Assigned || alive.Count == 0 ? Start() : null;
        while (alive.Count < (moment == Moment.TakenOver ? 2 : random.Next(1, 3))) Start();
        var victim = moment is Moment.Starting or Moment.Assigned ? fresh! : alive[random.Next(alive.Count)];
        switch (moment)
        {
            case Moment.Starting:
                await Task.Delay(random.Next(0, 700));
                break;
            case Moment.Assigned:
                await UntilAsync(() => victim.Held.Count > 0, "was given no lane", victim);
                await Task.Delay(random.Next(0, 8));
                break;
            case Moment.Handling:
                await HandlesAsync(victim, random.Next(1, 2_000));
                break;
            case Moment.Committing:
                await HandlesAsync(victim, random.Next(1, 500));
                await CommitsAsync(victim);
                break;
            case Moment.TakenOver:
                var other = alive.First(w => w != victim);
                await UntilAsync(() => other.Held.Count > 0, "was given no lane", other);
                await HandlesAsync(victim, random.Next(1, 500));
                var taken = victim.Held.Select(l => l.Partition).ToHashSet();
                await KillAsync(victim, Moment.Handling);
                victim = other;
                var kept = victim.Held.ToHashSet();
                await UntilAsync(() => victim.Held.Any(l => taken.Contains(l.Partition) && !kept.Contains(l)), "took over no lane", victim);
                await Task.Delay(random.Next(0, 8));
                break;
        }

        await KillAsync(victim, moment);
    }

    /// <summary>While the others are suspended, so that what is committed and what is written down belong to one moment.</summary>
    private async Task KillAsync(Worker victim, Moment moment)
    {
        if (victim.HasExited) throw new CrashException($"Worker {workers.IndexOf(victim)} ended by itself. {victim.Errors}");
        alive.Remove(victim);
        foreach (var other in alive) other.Suspend();
        await victim.KillAsync();
        var at = TimeProvider.System.GetTimestamp();
        var committed = await transport.CommittedAsync(Numbers.Name, Numbers.Topic);
        foreach (var other in alive) other.Resume();
        victim.Look();
        kills.Add(new Kill(moment, workers.IndexOf(victim), at, victim.Held, committed));
        if (committed.Count < Partitions) return;
        var handled = workers.Sum(w => w.Handled);
        var lag = await transport.LagAsync(Numbers.Topic, committed); // only now: the others go on meanwhile
        uncounted = (int)(appending!.Appended - lag) - handled;
    }

    private Worker Start()
    {
        var worker = Worker.Start(transport, Path.Combine(folder, $"ledger-{workers.Count:000}.txt"), cell.Environment());
        workers.Add(worker);
        alive.Add(worker);
        return worker;
    }

    private Task HandlesAsync(Worker worker, int messages)
    {
        var from = worker.Handled;
        return UntilAsync(() => worker.Handled >= from + messages, $"did not handle {messages} messages after {from}", worker);
    }

    /// <summary>Suspends it again and again until that happens within a commit. Where nobody can tell, any moment does.</summary>
    private async Task CommitsAsync(Worker worker)
    {
        for (var i = 0; i < 20_000; i++)
        {
            worker.Suspend();
            if (worker.IsCommitting(transport) ?? true) return;
            worker.Resume();
            Thread.SpinWait(random.Next(1, 20_000));
            if (i % 16 == 15) await LookAsync();
        }

        throw new CrashException($"Worker {workers.IndexOf(worker)} was never seen in a commit.");
    }

    /// <summary>The last workers handle what is left, and stop. Returns why not, where they do not: there is evidence all the same.</summary>
    private async Task<string?> FinishAsync(int appended)
    {
        string? unfinished = null;
        if (alive.Count == 0) Start();
        try
        {
            await UntilAsync(
                () => IsAtEndAsync(Numbers.Name, Numbers.Topic),
                $"did not commit the last of {appended} messages", alive[0]);
        }
        catch (CrashException e)
        {
            unfinished = e.Message;
        }

        foreach (var worker in alive)
            if (await worker.StopAsync() is var code and not 0) unfinished ??= $"Worker {workers.IndexOf(worker)} stopped with exit code {code}. {worker.Errors}";
        await LookAsync();
        return unfinished;
    }

    private async Task<IReadOnlyList<Line>> CensusAsync(int appended)
    {
        using var census = Worker.Start(transport, Path.Combine(folder, "census.txt"), Cell.CensusEnvironment(transport));
        await UntilAsync(async () => await IsAtEndAsync(Census.Group, Numbers.Topic) && await IsAtEndAsync(Census.Group, Census.DeadTopic) && await IsAtEndAsync(Census.Group, Census.ResultTopic), $"did not find {appended} messages in the log", census);
        await census.StopAsync();
        census.Look();
        return census.Lines;
    }

    private async ValueTask<bool> IsAtEndAsync(string group, string topic) => await transport.CommittedAsync(group, topic) is { Count: Partitions } now && await transport.LagAsync(topic, now) == 0;

    private Task UntilAsync(Func<bool> condition, string otherwise, Worker worker) => UntilAsync(() => new ValueTask<bool>(condition()), otherwise, worker);

    private async Task UntilAsync(Func<ValueTask<bool>> condition, string otherwise, Worker worker)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            worker.Look();
            if (await condition()) return;
            if (worker.HasExited) throw new CrashException($"A worker {otherwise}: it ended by itself. {worker.Errors}");
            if (TimeProvider.System.GetElapsedTime(began) > Patience) throw new CrashException($"A worker {otherwise} within {Patience.TotalSeconds} s. {worker.Errors}");
            await LookAsync();
        }
    }

    private async Task LookAsync()
    {
        foreach (var worker in alive) worker.Look();
        appending!.Note(workers.Sum(w => w.Handled) + uncounted);
        await Task.Delay(1);
    }

    public void Dispose()
    {
        foreach (var worker in workers) worker.Dispose();
    }
}

/// <summary>The proof could not be brought to its end: a worker does nothing, or ended by itself. As bad as a broken promise.</summary>
internal sealed class CrashException(string message) : Exception(message);
