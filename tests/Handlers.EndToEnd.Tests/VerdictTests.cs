using Handlers.Crash;

namespace Handlers.EndToEnd.Tests;

/// <summary>The crash proof must be able to fail: each promise, broken in evidence that is made up.</summary>
public sealed class VerdictTests
{
    private static readonly Cell Watermark = new(Ordering.Lane, Commit.Watermark);
    private static readonly Cell EachMessage = new(Ordering.Lane, Commit.EachMessage);
    private static readonly Cell OnRead = new(Ordering.Lane, Commit.OnRead);

    [Fact]
    public void Uncommitted_messages_that_come_again_after_a_kill_are_within_the_window()
    {
        var figures = Verdict.On(Watermark, Log(6, KillOf(0, committed: 2), [Began(1), .. Handled(1, 1, 4)], [Began(2), .. Handled(2, 3, 6), Ended(2)]));
        Assert.Empty(figures.Broken);
        Assert.Equal((0, 2, 2, 2), (figures.Lost, figures.Twice, figures.MostTwice, figures.MostUncommitted));
    }

    [Fact]
    public void A_message_that_nobody_handled_is_lost()
    {
        var figures = Verdict.On(Watermark, Log(6, KillOf(0, committed: 4), [Began(1), .. Handled(1, 1, 3)], [Began(2), .. Handled(2, 5, 6)]));
        Assert.Contains("1 messages of lane 0 were lost: 4 and so on", figures.Broken);
        Assert.Equal((1, 1), (figures.Lost, figures.LostBeyond));
    }

    [Fact]
    public void A_committed_message_does_not_come_again()
    {
        var figures = Verdict.On(Watermark, Log(6, KillOf(0, committed: 4), [Began(1), .. Handled(1, 1, 4)], [Began(2), .. Handled(2, 4, 6)]));
        Assert.Equal("4 of lane 0 was handled again: it was committed at kill 0", Assert.Single(figures.Broken));
    }

    [Fact]
    public void What_was_handed_over_in_order_does_not_come_again()
    {
        var figures = Verdict.On(Watermark, Log(6, KillOf(1, committed: 6, epoch: 2), [Began(1), .. Handled(1, 1, 4), Ended(1)], [Began(2), .. Handled(2, 4, 6)]));
        Assert.Equal("4 of lane 0 was handled again: the process that had handled it gave the lane back in order", Assert.Single(figures.Broken));
    }

    [Fact]
    public void With_each_message_committed_one_message_of_a_lane_may_come_again_and_not_two()
    {
        Assert.Empty(Verdict.On(EachMessage, Log(6, KillOf(0, committed: 3), [Began(1), .. Handled(1, 1, 4)], [Began(2), .. Handled(2, 4, 6)])).Broken);
        var figures = Verdict.On(EachMessage, Log(6, KillOf(0, committed: 2), [Began(1), .. Handled(1, 1, 4)], [Began(2), .. Handled(2, 3, 6)]));
        Assert.Equal("kill 0: 2 messages of lane 0 were handled and not committed", Assert.Single(figures.Broken));
        Assert.Equal(1, figures.TwiceBeyond);
    }

    [Fact]
    public void With_commit_on_read_nothing_comes_again_and_a_batch_may_be_lost_but_no_more()
    {
        const int Kept = 2;
        var lost = Cell.BatchSize;
        var figures = Verdict.On(OnRead, Log(Kept + lost + 1, KillOf(0, committed: Kept + lost), [Began(1), .. Handled(1, 1, Kept)], [Began(2), .. Handled(2, Kept + lost + 1, Kept + lost + 1)]));
        Assert.Empty(figures.Broken);
        Assert.Equal((lost, lost, 0), (figures.Lost, figures.MostLost, figures.LostBeyond));

        lost++;
        figures = Verdict.On(OnRead, Log(Kept + lost + 1, KillOf(0, committed: Kept + lost), [Began(1), .. Handled(1, 1, Kept)], [Began(2), .. Handled(2, Kept + lost + 1, Kept + lost + 1)]));
        Assert.Equal((1, 1), (figures.Broken.Count, figures.LostBeyond));

        figures = Verdict.On(OnRead, Log(6, KillOf(0, committed: 3), [Began(1), .. Handled(1, 1, 4)], [Began(2), .. Handled(2, 4, 6)]));
        Assert.Contains("4 of lane 0 was handled again: at most once is promised", figures.Broken);
    }

    [Fact]
    public void With_commit_on_read_nothing_is_lost_without_a_kill()
    {
        var figures = Verdict.On(OnRead, Log(6, KillOf(1, committed: 6, epoch: 2), [Began(1), .. Handled(1, 1, 3), Ended(1)], [Began(2), .. Handled(2, 5, 6)], [Began(3)]));
        Assert.Equal("1 messages of lane 0 were lost: 4 and so on", Assert.Single(figures.Broken, b => b.Contains("lost", StringComparison.Ordinal)));
    }

    [Fact]
    public void An_assignment_keeps_the_order_of_the_lane_and_belongs_to_one_process()
    {
        var disorder = Verdict.On(Watermark, Log(3, null, [Began(1), .. Handled(1, 1, 3).Select(l => l with { At = TimeOf(1, l.Id == 2 ? 9 : l.Id) })]));
        Assert.Contains("lane 0 epoch 1: 3 came after 1", disorder.Broken);
        var shared = Verdict.On(Watermark, Log(2, null, [Began(1), .. Handled(1, 1, 1)], [Began(1), .. Handled(1, 2, 2)]));
        Assert.Contains("lane 0 epoch 1 was of several workers", shared.Broken);
    }

    [Fact]
    public void What_was_acknowledged_is_in_the_log_once()
    {
        var evidence = Log(3, null, [Began(1), .. Handled(1, 1, 3)]);
        Assert.Equal("3 is in the log 0 times", Verdict.On(Watermark, evidence with { Census = [.. evidence.Census.SkipLast(1)] }).Broken[0]);
        Assert.Equal("1 is in the log 2 times", Verdict.On(Watermark, evidence with { Census = [.. evidence.Census, evidence.Census[0] with { Position = new Position(9) }] }).Broken[0]);
    }

    [Fact]
    public void With_order_by_key_a_key_keeps_its_order_and_others_do_not_wait()
    {
        var cell = new Cell(Ordering.Key, Commit.Watermark);
        var second = 1 + Appending.Keys; // of the key that 1 has too
        Line[] all = [Began(1), .. Handled(1, 1, second)];
        Assert.Empty(Verdict.On(cell, Log(second, null, [.. all.Select(l => l.Id == 2 ? l with { At = TimeOf(1, 999) } : l)])).Broken);
        Assert.Equal(
            $"lane 0 epoch 1: 1 came after {second}",
            Assert.Single(Verdict.On(cell, Log(second, null, [.. all.Select(l => l.Id == 1 ? l with { At = TimeOf(1, 999) } : l)])).Broken));
    }

    [Fact]
    public void Handled_ahead_of_one_that_had_not_begun_a_message_may_come_again_after_a_hand_over()
    {
        Line[] next = [Began(2), .. Handled(2, 2, 4)];
        var figures = Verdict.On(new(Ordering.Key, Commit.Watermark), Log(4, null, [Began(1), .. Handled(1, 1, 1), .. Handled(1, 3, 4), Ended(1)], next));
        Assert.Empty(figures.Broken);
        Assert.Equal((2, 2), (figures.Twice, figures.TwiceInOrder));
        figures = Verdict.On(new(Ordering.Key, Commit.Watermark), Log(4, null, [Began(1), .. Handled(1, 1, 2), .. Handled(1, 4, 4), Ended(1)], next));
        Assert.Equal("2 of lane 0 was handled again: the process that had handled it gave the lane back in order", Assert.Single(figures.Broken));
    }

    [Fact]
    public void What_failed_for_ever_is_lost_unless_it_is_among_the_dead_letters_under_its_own_id()
    {
        var cell = new Cell(Ordering.Lane, Commit.Watermark, FailEvery: 3);
        var evidence = Log(3, null, [Began(1), .. Handled(1, 1, 2), Handled(1, 3, 3)[0] with { Kind = LineKind.Failed }]);
        var letter = evidence.Census[2] with { Kind = LineKind.DeadLetter };
        Assert.Equal("1 messages of lane 0 were lost: 3 and so on", Assert.Single(Verdict.On(cell, evidence).Broken));
        Assert.Empty(Verdict.On(cell, evidence with { Census = [.. evidence.Census, letter] }).Broken);
        Assert.Equal("DeadLetter 3 at lane 0 position 9, where the log has another", Assert.Single(Verdict.On(cell, evidence with { Census = [.. evidence.Census, letter with { Position = new Position(9) }] }).Broken));
        Assert.Equal("3 is dead-lettered more often than it failed", Assert.Single(Verdict.On(cell, evidence with { Census = [.. evidence.Census, letter, letter] }).Broken));
    }

    // One lane, in which the number of a message is its position, and a clock that goes on by one with each epoch and each line.
    private static Evidence Log(int appended, Kill? kill, params Line[][] ledgers) =>
        new(appended, kill is null ? [] : [kill], ledgers, Handled(0, 1, appended), TimeSpan.FromSeconds(1));

    private static Kill KillOf(int worker, int committed, long epoch = 1) => new(
        Moment.Handling, worker, TimeOf(epoch, 999), new HashSet<(string, long)> { ("0", epoch) }, new Dictionary<string, Position> { ["0"] = new(committed) });

    private static Line Began(long epoch) => new(LineKind.Began, "0", epoch, TimeOf(epoch, 0), default, 0);

    private static Line Ended(long epoch) => new(LineKind.Ended, "0", epoch, TimeOf(epoch, 999), default, 0);

    private static Line[] Handled(long epoch, int first, int last) =>
        [.. Enumerable.Range(first, last - first + 1).Select(n => new Line(LineKind.Handled, "0", epoch, TimeOf(epoch, n), new Position(n), n))];

    private static long TimeOf(long epoch, int line) => epoch * 1000 + line;
}
