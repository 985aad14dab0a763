namespace Handlers.Embedded.Tests;

public sealed class PublisherTests : EmbeddedTest
{
    private static OutgoingMessage Of(string body) => new() { Topic = "topic", Body = System.Text.Encoding.UTF8.GetBytes(body) };

    private long Count()
    {
        using var log = Log();
        return log.Partitions().Sum(p => p.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task A_publish_that_is_cancelled_while_it_waits_is_not_published()
    {
        var transport = Transport(o => o.BusyTimeout = TimeSpan.FromSeconds(20));
        await PublishAsync(transport, 0, 1);
        using var stop = new CancellationTokenSource();
        using (var tool = Database.Open(File, create: false, TimeSpan.FromSeconds(1)))
        {
            tool.Execute("BEGIN IMMEDIATE");
            var cancelled = transport.Publisher.PublishAsync(Of("cancelled"), stop.Token).AsTask();
            var kept = transport.Publisher.PublishAsync(Of("kept"), CancellationToken.None).AsTask();
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
            tool.Execute("COMMIT");
            await kept;
        }

        Assert.Equal(["0", "kept"], (await ReadAsync((await LaneAsync(transport)).Lane, 2)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_list_is_published_as_a_whole_or_not_at_all()
    {
        var transport = Transport(o => o.MostPages = 60);
        await PublishAsync(transport, 0, 1);
        var list = Enumerable.Range(0, 1000).Select(i => new OutgoingMessage { Topic = "topic", Body = new byte[1000] }).ToList();
        await Assert.ThrowsAsync<TransportException>(async () => await transport.Publisher.PublishAsync(list));
        Assert.Equal(1, Count());
        await PublishAsync(transport, 1, 1);
        Assert.Equal(2, Count());
    }

    [Fact(Timeout = Limit)]
    public async Task Messages_without_a_key_take_the_partitions_in_turn_and_an_empty_key_is_a_key()
    {
        var transport = Transport(o => o.Partitions = 3);
        await transport.Publisher.PublishAsync([.. Enumerable.Range(0, 9).Select(i => Of($"{i}"))], CancellationToken.None);
        using (var log = Log()) Assert.All(log.Partitions(), p => Assert.Equal(3, p.Count));
        await transport.Publisher.PublishAsync([.. Enumerable.Range(0, 9).Select(i => Of($"{i}") with { Key = Array.Empty<byte>() })], CancellationToken.None);
        using (var log = Log()) Assert.Equal([3, 3, 12], log.Partitions().Select(p => p.Count).Order());
    }

    [Fact(Timeout = Limit)]
    public async Task A_transport_that_was_closed_publishes_nothing_more_and_says_so()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 1);
        await transport.DisposeAsync();
        Assert.Contains(File, (await Assert.ThrowsAsync<TransportException>(() => PublishAsync(transport, 1, 1))).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task What_was_queued_when_the_transport_closes_is_published()
    {
        var transport = Transport();
        var publishing = Enumerable.Range(0, 50).Select(i => transport.Publisher.PublishAsync(Of($"{i}")).AsTask()).ToList();
        await transport.DisposeAsync();
        await Task.WhenAll(publishing);
        Assert.Equal(50, Count());
    }

    [Fact(Timeout = Limit)]
    public async Task A_topic_is_made_with_the_partitions_that_are_configured_for_it()
    {
        var transport = Transport(o => o.Topics["topic"] = new EmbeddedTopicOptions { Partitions = 7 });
        await PublishAsync(transport, 0, 1);
        await PublishAsync(transport, 0, 1, topic: "other");
        using var log = Log();
        Assert.Equal((7, 1), (log.Partitions().Count(p => p.Topic == "topic"), log.Partitions().Count(p => p.Topic == "other")));
    }
}
