using System.Collections.Concurrent;
using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// The topics that the client subscribes to: those that are named, and those that patterns match now. The cluster's topics are listed again as
/// often as the client refreshes its metadata (<c>topic.metadata.refresh.interval.ms</c>), so that a topic that comes later is read too.
/// </summary>
/// <remarks>
/// The client is given names alone. It would take patterns, but what they mean depends on the protocol of the group (a part of a name matched by
/// the client, or all of it by the broker) and on two more syntaxes. Its polling thread's own, but for <see cref="There"/> and <see cref="LetGo"/>.
/// </remarks>
internal sealed class Subscribed(KafkaSubscription subscription, KafkaTransport transport, SubscriptionRequest request, IConsumer<byte[], byte[]> client, IEnumerable<string> atStart)
{
    private readonly TimeSpan? interval = request.Topics.Any(static t => TopicPattern.IsPattern(t.Topic)) ? ClientConfigs.MetadataRefresh(transport.Options) : null;
    private readonly HashSet<string> refused = new(StringComparer.Ordinal); // matched by several patterns, which the log has already
    private readonly HashSet<string> later = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> gone = []; // found by a commit; any thread's
    private HashSet<string> topics = atStart.ToHashSet(StringComparer.Ordinal);
    private Task<List<TopicMetadata>>? listing;
    private long listed;

    /// <summary>The topics of now.</summary>
    public IReadOnlySet<string> Topics => topics;

    /// <summary>Whether a pattern matched the topic when the subscription had begun: then nothing of it is to be passed over.</summary>
    public bool IsLater(string topic) => later.Contains(topic);

    /// <summary>Whether an error is that of a topic which a pattern matched and which is not there any more: the others go on. It is looked for at once.</summary>
    public bool IsOfPattern(ConsumeException failed)
    {
        if (failed.Error.Code is not (ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition)) return false;
        if (interval is null || failed.ConsumerRecord?.Topic is not { } topic || request.Topics.Any(t => t.Topic == topic)) return false;
        listed = transport.Time.GetTimestamp() - (long)(interval.Value.TotalSeconds * transport.Time.TimestampFrequency);
        return true;
    }

    /// <summary>The cluster's topics of this moment. On the thread of the calls.</summary>
    public HashSet<string> There() => List().Where(static t => t.Error.Code != ErrorCode.UnknownTopicOrPart).Select(static t => t.Topic).ToHashSet(StringComparer.Ordinal);

    /// <summary>Topics that patterns matched are not there any more. Whoever makes them anew finds them read from their beginning, as topics that come later.</summary>
    public void LetGo(IEnumerable<string> these)
    {
        foreach (var topic in these) gone.Enqueue(topic);
    }

    /// <summary>Joins the group.</summary>
    public void Begin()
    {
        listed = transport.Time.GetTimestamp();
        Tell();
    }

    /// <summary>Looks for topics that came or went. Again and again; it never waits.</summary>
    public void Look()
    {
        if (!gone.IsEmpty) Drop();
        if (interval is not { } every) return;
        if (listing is { IsCompleted: true } ended)
        {
            listing = null;
            listed = transport.Time.GetTimestamp();
            if (ended.IsCompletedSuccessfully) Take(ended.GetAwaiter().GetResult());
            else KafkaLogs.TopicsNotListed(transport.Log, request.Group, ended.Exception?.InnerException?.Message ?? "it was cancelled");
        }
        else if (listing is null && transport.Time.GetElapsedTime(listed) >= every)
        {
            listing = subscription.Calls.RunAsync(List, CancellationToken.None);
        }
    }

    private void Drop()
    {
        var next = topics.ToHashSet(StringComparer.Ordinal);
        while (gone.TryDequeue(out var topic))
            if (next.Remove(topic)) KafkaLogs.TopicGone(transport.Log, request.Group, topic);
        if (next.Count == topics.Count) return;
        topics = next;
        Tell();
    }

    /// <summary>On the thread of the calls.</summary>
    private List<TopicMetadata> List()
    {
        using var admin = new DependentAdminClientBuilder(client.Handle).Build();
        return admin.GetMetadata(transport.Options.CallTimeout).Topics;
    }

    private void Take(List<TopicMetadata> there)
    {
        // One that fails for the moment (it has no leader, for example) stays if it was there, and is not begun with.
        var failing = there.Where(static t => t.Error.IsError && t.Error.Code != ErrorCode.UnknownTopicOrPart).Select(static t => t.Topic);
        var next = there.Where(static t => !t.Error.IsError).Select(static t => t.Topic).Where(IsRead)
            .Concat(topics.Intersect(failing)).Concat(request.Topics.Select(static t => t.Topic).Where(static t => !TopicPattern.IsPattern(t))).ToHashSet(StringComparer.Ordinal);
        if (next.SetEquals(topics)) return;
        foreach (var topic in next.Except(topics)) KafkaLogs.TopicMatched(transport.Log, request.Group, topic, request.Find(topic)!.Topic);
        foreach (var topic in topics.Except(next)) KafkaLogs.TopicGone(transport.Log, request.Group, topic);
        later.UnionWith(next.Except(topics));
        topics = next;
        Tell();
    }

    /// <summary>A topic of nobody knows whose is left alone, without ending what is read; at the next start it is an error.</summary>
    private bool IsRead(string topic)
    {
        try
        {
            return request.Find(topic) is not null;
        }
        catch (TransportException e)
        {
            if (refused.Add(topic)) KafkaLogs.TopicRefused(transport.Log, request.Group, topic, e);
            return topics.Contains(topic);
        }
    }

    /// <summary>The client takes no empty list.</summary>
    private void Tell()
    {
        if (topics.Count > 0) client.Subscribe(topics);
        else client.Unsubscribe();
    }
}
