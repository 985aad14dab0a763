using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Handlers.Embedded.Tests;

/// <summary>Several processes on one file, and SIGKILL in mid-stream.</summary>
public sealed class ProcessTests : EmbeddedTest
{
    private string Handled => Path.Combine(Folder, "handled-");

    private string Acknowledged => Path.Combine(Folder, "acknowledged-");

    [Fact(Timeout = Limit)]
    public async Task Killed_consumers_lose_nothing_keep_the_order_and_hand_their_lanes_over()
    {
        using (var log = Log()) log.CreateTopic("topic", 4);
        using var enough = new CancellationTokenSource();
        var publishing = PublishUntilAsync(enough.Token);
        var started = 0;
        Queue<(int Number, Process Process)> consumers = new();
        void Consume() => consumers.Enqueue((++started, this.Consume(started)));
        Consume();
        Consume();
        for (var kill = 0; kill < 3; kill++)
        {
            await Eventually(() => consumers.All(c => Owned(c.Process) == 2));
            var (number, victim) = consumers.Dequeue();
            // In the middle of its work: it goes on handling while it is killed.
            var before = Lines($"{Handled}{number}").Count();
            await Eventually(() => Lines($"{Handled}{number}").Count() > before + 20);
            victim.Kill();
            await victim.WaitForExitAsync(TestContext.Current.CancellationToken);
            Consume();
        }

        await enough.CancelAsync();
        var published = await publishing;
        await Eventually(() => AllHandled().Select(h => h.Number).Distinct().Count() == published);
        await StopAsync(consumers.Select(c => c.Process));
        Check([.. Enumerable.Range(0, published)]);
        Assert.True(AllHandled().GroupBy(h => h.Partition).All(p => p.Select(h => h.Process).Distinct().Count() > 1), "No lane was handed over.");
    }

    [Fact(Timeout = Limit)]
    public async Task What_a_killed_publisher_had_acknowledged_is_there()
    {
        using (var log = Log()) log.CreateTopic("topic", 2);
        using var other = Start("publish", Folder, "topic", "1000000", "1000", Acknowledged + "other");
        for (var kill = 0; kill < 3; kill++)
        {
            var file = Acknowledged + kill;
            using var publisher = Start("publish", Folder, "topic", $"{kill * 100_000}", "100000", file);
            await Eventually(() => Numbers(file).Count > 50);
            publisher.Kill();
            await publisher.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await other.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, other.ExitCode);
        var acknowledged = Directory.GetFiles(Folder, "acknowledged-*").SelectMany(Numbers).ToHashSet();
        var consumer = Consume(1);
        await Eventually(() => acknowledged.IsSubsetOf(AllHandled().Select(h => h.Number)));
        await StopAsync([consumer]);
        // Each kill may leave one list that was durable but not yet acknowledged; it is whole.
        var more = AllHandled().Select(h => h.Number).ToHashSet().Except(acknowledged).Count();
        Assert.True(more is 0 or 10 or 20 or 30, $"{more} messages were published and not acknowledged.");
    }

    /// <summary>Some turn .NET's file locks off, for a share that has none: such a process sees every lock as free.</summary>
    [Fact(Timeout = Limit)]
    public async Task A_process_whose_locks_do_not_work_takes_nobody_for_dead()
    {
        using (var log = Log()) log.CreateTopic("topic", 2);
        var locking = Consume(1);
        await Eventually(() => Owned(locking) == 2);
        var without = Start("consume", [Folder, "topic", "group", Handled + 2], locks: false);
        await Eventually(() => Owned(locking) == 1 && Owned(without) == 1);
        var epochs = Epochs();
        await StopAsync([locking, without]);

        Assert.Contains(1, epochs); // one lane was handed over, the other stayed where it was
    }

    /// <summary>Alone, so that nobody takes its lanes meanwhile; then with a member that does.</summary>
    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_process_that_is_suspended_for_longer_than_its_lease_goes_on_in_new_lanes(bool others)
    {
        if (OperatingSystem.IsWindows()) return;
        using (var log = Log()) log.CreateTopic("topic", 2);
        var suspended = Consume(1);
        await Eventually(() => Owned(suspended) == 2);
        await PublishSomeAsync(0);
        await Eventually(() => Lines(Handled + 1).Count() == 20);
        var before = Epochs();
        await SuspendAsync(suspended);
        using var other = others ? Consume(2) : null;
        if (other is not null) await Eventually(() => Owned(other) == 2);
        else await Task.Delay(1500, TestContext.Current.CancellationToken);
        await SignalAsync(suspended, "CONT");
        await Eventually(() => Owned(suspended) == (others ? 1 : 2) && Epochs().Zip(before, (now, then) => now > then).All(later => later));
        await PublishSomeAsync(20);
        await Eventually(() => AllHandled().Select(h => h.Number).Distinct().Count() == 40);
        Assert.Contains(Lines(Handled + 1).Select(Line.Parse), h => h.Number >= 20);
        await StopAsync(other is null ? [suspended] : [suspended, other]);
        Check([.. Enumerable.Range(0, 40)]);
    }

    /// <summary>Not in the middle of a write: its lock on the file would keep everybody out.</summary>
    private async Task SuspendAsync(Process process)
    {
        while (true)
        {
            await SignalAsync(process, "STOP");
            await Task.Delay(50, TestContext.Current.CancellationToken);
            using var tool = Database.Open(File, create: false, TimeSpan.FromSeconds(1));
            if (tool.TryBegin())
            {
                tool.RollBack();
                return;
            }

            await SignalAsync(process, "CONT");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    private static async Task SignalAsync(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private async Task PublishSomeAsync(int from) =>
        await Transport().Publisher.PublishAsync([.. Enumerable.Range(from, 20).Select(n => new OutgoingMessage
        {
            Topic = "topic",
            Key = Encoding.UTF8.GetBytes($"key{n % 20}"),
            Body = Encoding.UTF8.GetBytes(n.ToString(CultureInfo.InvariantCulture)),
        })], CancellationToken.None);

    [Fact(Timeout = Limit)]
    public async Task Consumers_that_join_and_leave_in_order_do_nothing_twice()
    {
        using (var log = Log()) log.CreateTopic("topic", 4);
        using var enough = new CancellationTokenSource();
        var publishing = PublishUntilAsync(enough.Token);
        var first = Consume(1);
        await Eventually(() => Owned(first) == 4);
        var second = Consume(2);
        await Eventually(() => Owned(first) == 2 && Owned(second) == 2 && Lines(Handled + 2).Any());
        var id = first.Id;
        await StopAsync([first]);
        await Eventually(() => Owned(second) == 4 && Owned(id) == 0);
        await enough.CancelAsync();
        var published = await publishing;
        await Eventually(() => AllHandled().Select(h => h.Number).Distinct().Count() == published);
        await StopAsync([second]);
        Assert.Equal(published, AllHandled().Count());
        Check([.. Enumerable.Range(0, published)]);
    }

    /// <summary>Publishes numbers in lists of ten until it is enough, and says how many.</summary>
    private async Task<int> PublishUntilAsync(CancellationToken enough)
    {
        await Task.Yield();
        var transport = Transport(o => o.BusyTimeout = TimeSpan.FromSeconds(5));
        var published = 0;
        while (!enough.IsCancellationRequested)
        {
            await transport.Publisher.PublishAsync([.. Enumerable.Range(published, 10).Select(n => new OutgoingMessage
            {
                Topic = "topic",
                Key = Encoding.UTF8.GetBytes($"key{n % 20}"),
                Body = Encoding.UTF8.GetBytes(n.ToString(CultureInfo.InvariantCulture)),
            })], CancellationToken.None);
            published += 10;
            await Task.Delay(2, CancellationToken.None);
        }

        return published;
    }

    private int Owned(Process process) => Owned(process.Id);

    private int Owned(int process)
    {
        using var log = Log();
        return log.Positions("group").Count(p => p.Owner?.Contains($":{process}:", StringComparison.Ordinal) == true);
    }

    private void Check(List<int> published)
    {
        var handled = AllHandled().ToList();
        Assert.Empty(published.Except(handled.Select(h => h.Number)));
        foreach (var assignment in handled.GroupBy(h => (h.Process, h.Partition, h.Epoch)))
            Assert.True(assignment.Zip(assignment.Skip(1)).All(pair => pair.First.Position < pair.Second.Position), "A lane went backwards.");
        // What was handled in a later epoch begins behind what was committed: never a message before it unhandled.
        foreach (var key in handled.GroupBy(h => h.Key))
            Assert.Single(key.Select(h => h.Partition).Distinct());
        foreach (var partition in handled.GroupBy(h => h.Partition))
        {
            var positions = partition.Select(h => h.Position).Distinct().Order().ToList();
            Assert.Equal(positions.Count, positions[^1] - positions[0] + 1);
        }
    }

    private Process Consume(int number) => Start("consume", Folder, "topic", "group", Handled + number);

    private List<long> Epochs()
    {
        using var database = new LogFile(Folder, TimeSpan.FromSeconds(5), Durability.ProcessLoss).OpenToRead();
        return [.. TopicTable.Find(database, "topic")!.PartitionIds.Select(p => GroupTable.Position(database, "group", p)!.Value.Epoch)];
    }

    private static Process Start(params string[] arguments) => Start(arguments[0], arguments[1..], locks: true);

    private static Process Start(string what, string[] arguments, bool locks)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Handlers.Embedded.Worker.dll"), what, .. arguments]) { RedirectStandardInput = true };
        if (!locks) start.Environment["DOTNET_SYSTEM_IO_DISABLEFILELOCKING"] = "1";
        return Process.Start(start)!;
    }

    private static async Task StopAsync(IEnumerable<Process> processes)
    {
        foreach (var process in processes)
        {
            await process.StandardInput.WriteLineAsync();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, process.ExitCode);
            process.Dispose();
        }
    }

    private IEnumerable<Line> AllHandled() => Directory.GetFiles(Folder, "handled-*").Order(StringComparer.Ordinal).SelectMany(Lines).Select(Line.Parse);

    private static List<int> Numbers(string file) => [.. Lines(file).Select(l => int.Parse(l, CultureInfo.InvariantCulture))];

    /// <summary>Whole lines only: a process may be writing, or was killed while it did.</summary>
    private static IEnumerable<string> Lines(string file)
    {
        if (!System.IO.File.Exists(file)) return [];
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var text = new StreamReader(stream).ReadToEnd();
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private sealed record Line(int Process, int Partition, long Epoch, long Position, string Key, int Number)
    {
        public static Line Parse(string line)
        {
            var parts = line.Split(' ');
            return new Line(Int(parts[0]), Int(parts[1]), Int(parts[2]), Int(parts[3]), parts[4], Int(parts[5]));
        }

        private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }
}
