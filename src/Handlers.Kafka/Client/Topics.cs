using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Handlers.Kafka;

/// <summary>Checks, before anything is read, that the topics of a subscription exist, or makes them where that is asked for.</summary>
internal sealed class Topics(KafkaTransport transport, SubscriptionRequest request)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private volatile Error? heard; // the last report of the client that somebody can do something about

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
            admin = transport.Clients.Admin(request.Group, Heard);
            topics.SetResult(Check(admin));
        }
        catch (Exception e)
        {
            topics.SetException(e);
        }

        admin?.Dispose();
    }

    /// <summary>
    /// What one broker answers at once is not yet true of a topic that was made a moment ago: others list it later, and it has no leader at first. So
    /// it is asked again, as long as a call may take.
    /// </summary>
    internal Dictionary<string, int> Check(IAdminClient admin)
    {
        var named = request.Topics.Select(static t => t.Topic).Where(static t => !TopicPattern.IsPattern(t)).ToList();
        var began = transport.Time.GetTimestamp();
        var made = false;
        while (true)
        {
            var known = Known(admin);
            var missing = named.Where(t => !known.ContainsKey(t)).ToList();
            if (missing.Count > 0 && !made && transport.Options.CreateTopics is { } make)
            {
                Make(admin, missing, make);
                made = true;
                continue;
            }

            var errors = named.Where(known.ContainsKey).Select(t => (Topic: t, known[t].Error)).Where(static t => t.Error.IsError).ToList();
            if (missing.Count == 0 && errors.Count == 0) return Read(known.Values);
            foreach (var (topic, error) in errors.Where(static t => PartitionErrors.Ends(t.Error))) throw Refused(topic, error);
            var isOver = transport.Time.GetElapsedTime(began) >= transport.Options.CallTimeout;
            if (missing.Count > 0 && (isOver || !made)) throw Missing(admin, missing, [.. known.Keys], made);
            if (isOver) throw Refused(errors[0].Topic, errors[0].Error);
            Task.Delay(Pause, transport.Time).GetAwaiter().GetResult(); // a thread of its own
        }
    }

    private Dictionary<string, int> Read(IEnumerable<TopicMetadata> known)
    {
        var read = known.Where(static t => !t.Error.IsError).Select(topic => (topic.Topic, topic.Partitions.Count, Wanted: request.Find(topic.Topic))).Where(static r => r.Wanted is not null).ToList();
        foreach (var pattern in request.Topics.Except(read.Select(static r => r.Wanted!))) KafkaLogs.NothingMatched(transport.Log, request.Group, pattern.Topic);
        return read.ToDictionary(static r => r.Topic, static r => r.Count);
    }

    private Dictionary<string, TopicMetadata> Known(IAdminClient admin)
    {
        try
        {
            return admin.GetMetadata(transport.Options.CallTimeout).Topics.Where(static t => t.Error.Code != ErrorCode.UnknownTopicOrPart).ToDictionary(static t => t.Topic);
        }
        catch (KafkaException e)
        {
            var listed = $"The topics of {transport.Options.Servers} cannot be listed within {transport.Options.CallTimeout.TotalSeconds:0} s";
            throw heard is { } why ? PartitionErrors.Failed(why, listed, e) : PartitionErrors.Failed(e.Error, $"{listed}; is the broker running, and bootstrap.servers right?", e);
        }
    }

    /// <summary>The client is told of a wrong password or certificate, and a call fails with its time limit.</summary>
    private void Heard(Error error)
    {
        if (PartitionErrors.HasRemedy(error)) heard = error;
    }

    private TransportException Refused(string topic, Error error) => PartitionErrors.Failed(error, $"Group '{request.Group}': topic '{topic}' cannot be read");

    /// <summary>A broker leaves out of its list what this client may not see; asked for by its name, it says so.</summary>
    private TransportException Missing(IAdminClient admin, List<string> missing, List<string> known, bool made)
    {
        foreach (var topic in Described(admin, missing).Where(static t => t.Error.IsError && t.Error.Code != ErrorCode.UnknownTopicOrPart && PartitionErrors.Ends(t.Error)))
            return Refused(topic.Name, topic.Error);
        if (made) return new TransportException($"Group '{request.Group}': {string.Join(", ", missing)} was made, and is not in the cluster's list within {transport.Options.CallTimeout.TotalSeconds:0} s.") { IsTransient = true, Kind = TransportErrorKind.Topic };
        var names = string.Join(" ", missing.Select(t => $"Topic '{t}' does not exist.{Closest.Hint(t, known.Where(static k => !k.StartsWith("__", StringComparison.Ordinal)))}"));
        return new TransportException($"Group '{request.Group}': {names} Make it, or set CreateTopics to have missing topics made.") { Kind = TransportErrorKind.Topic };
    }

    private List<TopicDescription> Described(IAdminClient admin, List<string> topics)
    {
        try
        {
            var options = new DescribeTopicsOptions { RequestTimeout = transport.Options.CallTimeout };
            return admin.DescribeTopicsAsync(TopicCollection.OfTopicNames(topics), options).GetAwaiter().GetResult().TopicDescriptions; // a thread of its own
        }
        catch (DescribeTopicsException e)
        {
            return e.Results.TopicDescriptions;
        }
        catch (KafkaException)
        {
            return []; // that they are missing was said already
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
