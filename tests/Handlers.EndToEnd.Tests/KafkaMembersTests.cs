using Handlers.Crash;

namespace Handlers.EndToEnd.Tests;

/// <summary>
/// Up to three processes in one group: one joins, one leaves, one is killed, one is suspended for longer than the group waits for it and goes on
/// then. What they wrote down is held against the log: nothing lost, in order within each assignment, nothing twice but what was uncommitted at
/// the kill and at the suspension; and the group's position never goes back.
/// </summary>
public sealed class KafkaMembersTests
{
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task Members_join_leave_are_killed_and_suspended_and_nothing_is_lost(bool classic)
    {
        await using var members = await Members.StartAsync(
            await KafkaCrash.StartAsync(), TimeSpan.FromSeconds(classic ? 6 : 3), new KeyValuePair<string, string>(KafkaCrash.ClassicKey, classic ? "true" : "false"));
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

        var fourth = members.Join();
        await members.HandlesAsync(fourth, 300);
        var suspended = await members.SuspendAsync(fourth);
        await members.UntilAsync(() => first.Held.Count == Members.Partitions, "The lanes of the one that is suspended are nobody's");
        await members.HandlesAsync(first, 500);
        fourth.Resume();
        await members.UntilAsync(() => fourth.Held.Except(suspended.Held).Any(), "The one that went on is given no lane");
        await members.HandlesAsync(fourth, 300);

        // What it still did when it went on, in assignments that were over by then, counts for nothing.
        var late = fourth.Lines.Where(l => l.IsCall && l.At > suspended.At && suspended.Held.Contains((l.Partition, l.Epoch))).ToHashSet();
        var figures = await members.EndAsync([first, fourth], late.Contains);
        // In the classic protocol the broker process refuses the commits of a member that others' joins wait for, where Kafka takes them: what it gives up comes again.
        var broken = figures.Broken.Where(b => !classic || !b.EndsWith("gave the lane back in order", StringComparison.Ordinal)).ToList();
        Assert.True(broken.Count == 0, string.Join('\n', broken.Take(20)));
        Assert.Equal((2, 0), (figures.Kills, figures.Lost));
        Assert.All(late, l => Assert.Contains(members.Lines, other => other.IsCall && other.Id == l.Id && other.Epoch > l.Epoch));
        TestContext.Current.SendDiagnosticMessage($"classic {classic}: {figures.Messages} messages, handled twice {figures.Twice}, late {late.Count}");
    }
}
