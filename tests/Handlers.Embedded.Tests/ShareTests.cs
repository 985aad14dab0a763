namespace Handlers.Embedded.Tests;

public sealed class ShareTests
{
    private static List<Member> Members(int count, params long[] topics) =>
        [.. Enumerable.Range(0, count).Select(i => new Member($"m{i}", 0, TimeSpan.FromSeconds(1), topics))];

    [Fact]
    public void Shares_differ_by_one_at_most_and_leave_nothing_over()
    {
        for (var topic = 1; topic < 5; topic++)
            for (var members = 1; members < 9; members++)
                for (var partitions = 1; partitions < 20; partitions++)
                {
                    var all = Members(members, topic);
                    var shares = all.ConvertAll(m => Share.Of(m.Name, topic, partitions, all));
                    Assert.Equal(partitions, shares.Sum());
                    Assert.True(shares.Max() - shares.Min() <= 1);
                }
    }

    [Fact]
    public void Topics_of_one_partition_spread_over_the_members()
    {
        var all = Members(4, 1, 2, 3, 4);
        Assert.All(all, m => Assert.Equal(1, Enumerable.Range(1, 4).Sum(topic => Share.Of(m.Name, topic, 1, all))));
    }

    [Fact]
    public void Who_leaves_has_no_share_and_the_others_have_it_all()
    {
        List<Member> all = [.. Members(2, 1), new Member("leaving", 0, TimeSpan.FromSeconds(1), [])];
        Assert.Equal(0, Share.Of("leaving", 1, 4, all));
        Assert.Equal(2, Share.Of("m0", 1, 4, all));
    }
}
