namespace Handlers.Transport.Contract;

public abstract partial class TransportContract : HarnessTests
{
    [Fact(Timeout = Limit)]
    public async Task A_pattern_reads_every_topic_whose_whole_name_it_matches()
    {
        var (first, second, longer) = (await MatchedAsync("a"), await MatchedAsync("b"), await MatchedAsync("ab"));
        foreach (var topic in new[] { first, second, longer }) await PublishAsync(topic, 0, 1);
        var lanes = await (await JoinAsync(Pattern("[ab]"))).LanesAsync(2);
        Assert.Equal([first, second], lanes.Select(l => l.Id.Topic).Order(StringComparer.Ordinal));
        foreach (var lane in lanes) Assert.Equal("0", (await ReadAsync(lane, 1))[0].Text);
    }

    [Fact(Timeout = Limit)]
    public async Task A_topic_that_is_named_is_not_the_patterns_too()
    {
        var (named, other) = (await MatchedAsync("named"), await MatchedAsync("other"));
        await PublishAsync(named, 0, 1);
        await PublishAsync(other, 0, 1);
        var lanes = await (await JoinAsync([named, Pattern(".*")])).LanesAsync(2);
        Assert.Equal([named, other], lanes.Select(l => l.Id.Topic).Order(StringComparer.Ordinal));
        foreach (var lane in lanes) Assert.Equal("0", (await ReadAsync(lane, 1))[0].Text);
    }

    [Fact(Timeout = Limit)]
    public async Task A_topic_that_a_pattern_matches_later_begins_at_its_earliest_message()
    {
        await MatchedAsync("a");
        var member = await JoinAsync(Pattern(".*"), start: StartPosition.Latest);
        await member.LaneAsync();
        var later = await MatchedAsync("b");
        await PublishAsync(later, 0, 3);
        var lane = (await member.LanesAsync(2)).Single(l => l.Id.Topic == later);
        Assert.Equal(Numbers(0, 3), (await ReadAsync(lane, 3)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_topic_that_came_while_the_group_was_away_begins_at_its_earliest_message()
    {
        await MatchedAsync("a");
        var member = await JoinAsync(Pattern(".*"), start: StartPosition.Latest);
        await member.LaneAsync();
        await member.LeaveAsync();
        var later = await MatchedAsync("b");
        await PublishAsync(later, 0, 3);
        var lane = (await (await JoinAsync(Pattern(".*"), start: StartPosition.Latest)).LanesAsync(2)).Single(l => l.Id.Topic == later);
        Assert.Equal(Numbers(0, 3), (await ReadAsync(lane, 3)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_pattern_that_matches_nothing_waits_for_a_topic()
    {
        var member = await JoinAsync(Pattern(".*"), start: StartPosition.Latest);
        var topic = await MatchedAsync("a");
        await PublishAsync(topic, 0, 2);
        Assert.Equal(Numbers(0, 2), (await ReadAsync(await member.LaneAsync(), 2)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_new_group_begins_in_every_topic_of_a_pattern_where_it_says()
    {
        var (first, second) = (await MatchedAsync("a"), await MatchedAsync("b"));
        await PublishAsync(first, 0, 2);
        await PublishAsync(second, 0, 2);
        var lanes = await (await JoinAsync(Pattern(".*"), start: StartPosition.Latest)).LanesAsync(2);
        await PublishAsync(first, 2, 1);
        await PublishAsync(second, 2, 1);
        foreach (var lane in lanes) Assert.Equal("2", (await ReadAsync(lane, 1))[0].Text);
    }

    /// <summary>A pattern of this test's topics alone.</summary>
    private string Pattern(string names)
    {
        Assert.SkipUnless(Harness.Features.Patterns, "The transport takes names alone.");
        Harness.WatchesTopics = true;
        return $"^match-{Run}\\.{names}";
    }

    private async Task<string> MatchedAsync(string name)
    {
        Assert.SkipUnless(Harness.Features.Patterns, "The transport takes names alone.");
        Harness.WatchesTopics = true;
        var topic = $"match-{Run}.{name}";
        await Harness.CreateTopicAsync(topic, 1);
        return topic;
    }
}
