namespace Handlers.Transport.Contract;

public abstract partial class GroupContract : HarnessTests
{
    private const string Alone = "The broker gives a group one member.";

    [Fact(Timeout = Limit)]
    public async Task A_member_alone_has_every_lane_once()
    {
        var topic = await TopicAsync(5);
        var lanes = await (await JoinAsync(topic)).LanesAsync(5);
        Assert.Equal(5, lanes.Select(l => l.Id.Partition).Distinct().Count());
    }

    [Fact(Timeout = Limit)]
    public async Task A_new_member_gets_its_share_when_the_owner_gives_it_back()
    {
        Assert.SkipUnless(Harness.Features.SeveralMembers, Alone);
        for (var attempt = 1; !await HandsOverAsync($"group-{attempt}"); attempt++)
            Assert.True(attempt < 3, "The broker refused the commits of lanes that it wanted back, three times in a row.");
    }

    /// <summary>False: the broker refused the commits of the lanes that it wanted back, so that they were lost; only where <see cref="Features.CommitsWhileJoining"/> is not there.</summary>
    private async Task<bool> HandsOverAsync(string group)
    {
        var topic = await TopicAsync(4);
        await PublishAsync(topic, 0, 100, key: null);
        var first = await JoinAsync(topic, group);
        var last = new Dictionary<ILane, Position>(); // read before: a lane that is asked back may hand out nothing more
        foreach (var lane in await first.LanesAsync(4)) last[lane] = (await ReadAsync(lane, 1))[0].Position;
        var began = Harness.Time.GetUtcNow();
        var second = await JoinAsync(topic, group);
        await Eventually(() => first.Given.Count(l => l.Revoked.IsCompleted) == 2, "two revoked lanes");
        Assert.Empty(second.Given);
        foreach (var lane in first.Given.Where(l => l.Revoked.IsCompleted).ToList())
        {
            if (IsRefused(lane)) return false;
            Assert.False(lane.Lost.IsCancellationRequested);
            Assert.True((await lane.Revoked).Deadline > began);
            // What was handled until now is committed before it is given back.
            await first.CommitAsync(lane, last[lane]);
            if (IsRefused(lane)) return false;
            Assert.Equal(last[lane], await CommittedAsync(lane, group));
            await first.ReleaseAsync(lane);
        }

        foreach (var lane in await second.LanesAsync(2))
        {
            var before = first.Given.Single(l => l.Id.Partition == lane.Id.Partition);
            Assert.True(lane.Id.Epoch > before.Id.Epoch, "The epoch did not rise.");
            var read = await ReadAsync(lane, 1);
            Assert.True(read[0].Position > before.State.LastRead, "A handled message came again.");
        }

        Assert.Empty(Partitions(first).Intersect(Partitions(second)));
        return true;

        bool IsRefused(ILane lane) => lane.Lost.IsCancellationRequested && !Harness.Features.CommitsWhileJoining;
    }

    [Fact(Timeout = Limit)]
    public async Task Every_partition_has_one_owner_and_the_shares_are_fair()
    {
        Assert.SkipUnless(Harness.Features.SeveralMembers, Alone);
        var topic = await TopicAsync(5);
        var three = new[] { await JoinAsync(topic), await JoinAsync(topic), await JoinAsync(topic) };
        await SettleAsync(three, 5);
        Assert.All(three, m => Assert.InRange(m.Live.Count, 1, 2));
    }

    [Fact(Timeout = Limit)]
    public async Task Who_leaves_hands_over_at_once_what_it_had()
    {
        Assert.SkipUnless(Harness.Features.SeveralMembers, Alone);
        var topic = await TopicAsync(2);
        await PublishAsync(topic, 0, 1);
        var (first, second) = (await JoinAsync(topic), await JoinAsync(topic));
        await SettleAsync([first, second], 2);
        await first.LeaveAsync();
        await second.LanesAsync(2);
    }

    [Fact(Timeout = Limit)]
    public async Task Who_stops_keeps_its_lanes_until_it_gives_them_back()
    {
        var topic = await TopicAsync(2);
        await PublishAsync(topic, 0, 20, key: null);
        var member = await JoinAsync(topic);
        var lanes = await member.LanesAsync(2);
        await member.StopAsync();
        foreach (var lane in lanes)
        {
            var read = await ReadAsync(lane, 1);
            await member.CommitAsync(lane, read[0].Position);
            Assert.Equal(read[0].Position, await CommittedAsync(lane));
            Assert.False(lane.Lost.IsCancellationRequested);
            Assert.False(lane.Revoked.IsCompleted);
            await member.ReleaseAsync(lane, LaneEnd.Stopped);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_lane_that_is_not_given_back_in_time_is_lost_and_the_other_lanes_commit_all_the_same()
    {
        Assert.SkipUnless(Harness.Features.SeveralMembers, Alone);
        var topic = await TopicAsync(2);
        await PublishAsync(topic, 0, 40, key: null);
        var slow = await JoinAsync(topic, revokeBudget: TimeSpan.FromMilliseconds(300));
        await slow.LanesAsync(2);
        var read = new Dictionary<ILane, List<Received>>();
        foreach (var lane in slow.Given) read[lane] = await ReadAsync(lane, 5);
        var other = await JoinAsync(topic);
        await Eventually(() => slow.Given.Any(l => l.Lost.IsCancellationRequested), "a lost lane");
        var lost = slow.Given.Single(l => l.Lost.IsCancellationRequested);
        var kept = slow.Given.Single(l => l != lost);
        Assert.True(lost.Revoked.IsCompleted);
        Assert.False(kept.Revoked.IsCompleted);
        var before = await CommittedAsync(lost);
        lost.Store(read[lost][^1].Position);
        await slow.CommitAsync(kept, read[kept][^1].Position);
        Assert.Equal(before, await CommittedAsync(lost));
        Assert.Equal(read[kept][^1].Position, await CommittedAsync(kept));
        await slow.ReleaseAsync(lost, LaneEnd.Lost);
        var taken = await other.LaneAsync();
        Assert.Equal(lost.Id.Partition, taken.Id.Partition);
        Assert.True(taken.Id.Epoch > lost.Id.Epoch, "The epoch did not rise.");
        Assert.Equal(read[lost].Select(m => m.Text), (await ReadAsync(taken, 5)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task The_lanes_of_a_killed_process_go_to_another_from_what_it_committed()
    {
        Assert.SkipUnless(Harness.Features is { Kills: true, SeveralMembers: true }, "The harness cannot kill.");
        var topic = await TopicAsync(2);
        var bystander = await TransportAsync();
        await PublishAsync(topic, 0, 20, key: null, transport: bystander);
        var (killed, heir) = (await JoinAsync(topic), await JoinAsync(topic));
        await SettleAsync([killed, heir], 2);
        var lane = killed.Live[0];
        var read = await ReadAsync(lane, 4);
        await killed.CommitAsync(lane, read[1].Position);
        lane.Store(read[3].Position);
        await KillAsync(killed);
        var taken = (await heir.LanesAsync(2)).Single(l => l.Id.Partition == lane.Id.Partition);
        Assert.True(taken.Id.Epoch > lane.Id.Epoch, "The epoch did not rise.");
        Assert.Equal(read[2].Text, (await ReadAsync(taken, 1))[0].Text);
    }

    [Fact(Timeout = Limit)]
    public async Task A_partition_that_comes_back_is_a_new_lane_with_a_higher_epoch()
    {
        Assert.SkipUnless(Harness.Features.SeveralMembers, Alone);
        var topic = await TopicAsync(2);
        var first = await JoinAsync(topic);
        await first.LanesAsync(2);
        var second = await JoinAsync(topic);
        await SettleAsync([first, second], 2);
        await second.LeaveAsync();
        await first.LanesAsync(2);
        var back = first.Given.GroupBy(l => l.Id.Partition).Single(g => g.Count() == 2).ToList();
        Assert.NotSame(back[0], back[1]);
        Assert.True(back[1].Id.Epoch > back[0].Id.Epoch, "The epoch did not rise.");
    }

    [Fact(Timeout = Limit)]
    public async Task More_members_than_partitions_leave_some_without()
    {
        Assert.SkipUnless(Harness.Features.SeveralMembers, Alone);
        var topic = await TopicAsync(1);
        var members = new[] { await JoinAsync(topic), await JoinAsync(topic) };
        var owner = (await SettleAsync(members, 1)).Single();
        await owner.LeaveAsync(); // also where it is asked for the lane just now, as a member that has just joined may have the better claim
        await members.Single(m => m != owner).LanesAsync(1);
    }

    /// <summary>Gives back what is asked for, until every partition has one owner. Returns who had lanes at that moment.</summary>
    private async Task<IReadOnlyList<Member>> SettleAsync(IReadOnlyList<Member> several, int partitions)
    {
        var (least, most) = (partitions / several.Count, (partitions + several.Count - 1) / several.Count);
        List<(Member Member, int Lanes)> owners = [];
        await Eventually(
            async () =>
            {
                foreach (var member in several)
                    foreach (var lane in member.Given.Where(l => l.Revoked.IsCompleted && !l.Lost.IsCancellationRequested))
                        await member.ReleaseAsync(lane);
                var owned = several.SelectMany(m => m.Live.Select(l => (Member: m, l.Id.Partition))).ToList();
                owners = [.. several.Select(m => (m, owned.Count(o => o.Member == m)))];
                return owned.Count == partitions && owned.DistinctBy(o => o.Partition).Count() == partitions && owners.All(o => o.Lanes >= least && (Harness.Features.FairAtOnce || o.Lanes <= most));
            },
            "one owner for every partition");
        return [.. owners.Where(o => o.Lanes > 0).Select(o => o.Member)];
    }

    private static IEnumerable<string> Partitions(Member member) => member.Live.Select(l => l.Id.Partition);
}
