using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Handlers.Crash;
using Handlers.Kinesis.Peers;

namespace Handlers.EndToEnd.Tests;

/// <summary>
/// Up to three processes that share leases: one joins, one leaves, one is killed by SIGKILL, one is suspended by SIGSTOP for longer than its lease time, while
/// another takes its shards, and goes on then. What they wrote down is held against the stream, as <see cref="KafkaMembersTests"/> does, and what the
/// suspended one still asks of the lease table is looked at on its way.
/// </summary>
public sealed class KinesisMembersTests
{
    [Fact]
    public async Task Members_join_leave_are_killed_and_suspended_and_nothing_is_lost()
    {
        Assert.SkipWhen(Emulator.Missing is not null, Emulator.Missing ?? "");
        var transport = await KinesisCrash.StartAsync();
        await using var members = await Members.StartAsync(transport, transport.CommitTakes);
        await using var proxy = await KinesisProxy.StartAsync(transport.Tables, TestContext.Current.CancellationToken);
        await using var proxied = transport.Through(proxy.Endpoint);
        var writes = new ConcurrentQueue<LeaseWrite>();
        proxy.Watch("UpdateItem", (asked, isDone) => writes.Enqueue(LeaseWrite.Of(asked, isDone)));

        var first = members.Join();
        await members.HandlesAsync(first, 500);
        var second = members.Join();
        await members.HandlesAsync(second, 300);
        var third = members.Join();
        await members.HandlesAsync(third, 300);
        Assert.True(await second.StopAsync() == 0, second.Errors); // it leaves
        await members.UntilAsync(() => first.Held.Count + third.Held.Count == Members.Partitions, "The lanes of the one that left are nobody's");

        await members.SuspendAsync(third);
        await third.KillAsync();
        await members.UntilAsync(() => first.Held.Count == Members.Partitions, "The lanes of the one that was killed are nobody's");

        var fourth = members.Join(proxied);
        await members.HandlesAsync(fourth, 300);
        var held = proxy.Hold("UpdateItem"); // one of its writes is under way for as long as it sleeps
        await held.Reached;
        var suspended = await members.SuspendAsync(fourth);
        await members.UntilAsync(() => first.Held.Count == Members.Partitions, "The lanes of the one that is suspended are nobody's");
        await members.HandlesAsync(first, 500);

        // It arrives now, when its lease is another's.
        var before = writes.Count;
        held.Release();
        await members.UntilAsync(() => writes.Count > before, "The write that was held does not arrive");
        Assert.False(writes.Last().IsDone, $"A write of an assignment that was over is in the lease table: {writes.Last()}");

        before = writes.Count;
        fourth.Resume();
        await members.UntilAsync(() => fourth.Held.Except(suspended.Held).Any(), "The one that went on is given no lane");
        await members.HandlesAsync(fourth, 300);

        // Whatever it still asked for in assignments that were over was refused: of each lease, what was done first was to ask for it anew.
        var done = writes.Skip(before).Where(w => w.IsDone).ToLookup(w => w.Shard);
        Assert.NotEmpty(done);
        Assert.All(done, ofShard => Assert.True(ofShard.First().TakesLease, $"A write of an assignment that was over is in the lease table: {ofShard.First()}"));

        // What it still did when it went on, in assignments that were over by then, counts for nothing.
        var late = fourth.Lines.Where(l => l.IsCall && l.At > suspended.At && suspended.Held.Contains((l.Partition, l.Epoch))).ToHashSet();
        var figures = await members.EndAsync([first, fourth], late.Contains);
        Assert.True(figures.Broken.Count == 0, string.Join('\n', figures.Broken.Take(20).Concat(figures.LostByTheLiving)));
        Assert.Equal((2, 0), (figures.Kills, figures.Lost));
        Assert.All(late, l => Assert.Contains(members.Lines, other => other.IsCall && other.Id == l.Id && other.Epoch > l.Epoch));
        TestContext.Current.SendDiagnosticMessage($"{figures.Messages} messages, handled twice {figures.Twice}, late {late.Count}, writes refused to the one that slept {writes.Count(w => !w.IsDone)}");
    }

    /// <param name="Shard">Whose lease.</param>
    /// <param name="Change">The update, in the words of DynamoDB: each attribute's placeholder is its name.</param>
    /// <param name="IsDone">False: it was refused.</param>
    private sealed record LeaseWrite(string Shard, string Change, bool IsDone)
    {
        /// <summary>Who takes a lease, or asks for it, writes itself in as its owner; who holds one never does.</summary>
        public bool TakesLease => Change.Contains("#leaseOwner = ", StringComparison.Ordinal);

        public static LeaseWrite Of(JsonObject asked, bool isDone) => new((string)asked["Key"]!["leaseKey"]!["S"]!, (string)asked["UpdateExpression"]!, isDone);
    }
}
