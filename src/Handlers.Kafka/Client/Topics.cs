using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Handlers.Kafka;

/// <summary>Checks, before anything is read, that the topics of a subscription exist, or makes them where that is asked for.</summary>
internal sealed class Topics(KafkaTransport transport, SubscriptionRequest request)
{
    /// <summary>The topics that are read now, those that patterns match among them, with the number of partitions of each.</summary>
    public Task<Dictionary<string, int>> CheckAsync(CancellationToken stop)
    {
        var topics = new TaskCompletionSource<Dictionary<string, int>>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = Task.Factory.StartNew(() => Check(topics), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return topics.Task.WaitAsync(stop);
    }

    /// <summary>The answer comes first: the client's Dispose waits for a loop that looks for its end every 100 ms, and a host's start would with it.</summary>
    private void Check(TaskCompletionSource<Dictionary<string, int>> topics)
    {
        IAdminClient? admin = null;
        try
        {
            admin = transport.Clients.Admin(request.Group);
            topics.SetResult(Check(admin));
        }
        catch (Exception e)
        {
            topics.SetException(e);
        }

        admin?.Dispose();
    }

    private Dictionary<string, int> Check(IAdminClient admin)
    {
        var known = Known(admin);
        var missing = request.Topics.Select(static t => t.Topic).Where(t => !TopicPattern.IsPattern(t) && !known.ContainsKey(t)).ToList();
        if (missing.Count > 0 && transport.Options.CreateTopics is { } make)
        {
            Make(admin, missing, make);
            known = Known(admin);
            missing = [.. missing.Where(t => !known.ContainsKey(t))];
        }

        if (missing.Count > 0)
        {
            var names = string.Join(" ", missing.Select(t => $"Topic '{t}' does not exist.{Closest.Hint(t, known.Keys.Where(static k => !k.StartsWith("__", StringComparison.Ordinal)))}"));
            throw new TransportException($"Group '{request.Group}': {names} Make it, or set CreateTopics to have missing topics made.");
        }

        var read = known.Select(topic => (Topic: topic, Wanted: request.Find(topic.Key))).Where(static r => r.Wanted is not null).ToList();
        foreach (var pattern in request.Topics.Except(read.Select(static r => r.Wanted!))) KafkaLogs.NothingMatched(transport.Log, request.Group, pattern.Topic);
        return read.ToDictionary(static r => r.Topic.Key, static r => r.Topic.Value);
    }

    private Dictionary<string, int> Known(IAdminClient admin)
    {
        try
        {
            return admin.GetMetadata(transport.Options.CallTimeout).Topics.Where(static t => !t.Error.IsError).ToDictionary(static t => t.Topic, static t => t.Partitions.Count);
        }
        catch (KafkaException e)
        {
            throw PartitionErrors.Failed(e.Error, $"The topics of {transport.Options.Servers} cannot be listed within {transport.Options.CallTimeout.TotalSeconds:0} s; is the broker running, and bootstrap.servers right?", e);
        }
    }

    private void Make(IAdminClient admin, List<string> topics, KafkaTopicDefaults make)
    {
        try
        {
            admin.CreateTopicsAsync(topics.Select(t => new TopicSpecification { Name = t, NumPartitions = make.Partitions, ReplicationFactor = make.Replicas }))
                .GetAwaiter().GetResult(); // a thread of its own
            foreach (var topic in topics) KafkaLogs.TopicMade(transport.Log, topic, make.Partitions);
        }
        catch (CreateTopicsException e) when (e.Results.All(static r => !r.Error.IsError || r.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            // Another process was first.
        }
        catch (KafkaException e)
        {
            throw PartitionErrors.Failed(e.Error, $"Making the topics {string.Join(", ", topics)} failed", e);
        }
    }
}
