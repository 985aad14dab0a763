namespace Handlers.Testing;

/// <summary>
/// A log in memory that several transports may share, as several processes would share a broker. Nothing is durable beyond
/// the object; groups, leases and positions behave as a broker's.
/// </summary>
/// <param name="time">Timestamps of messages and deadlines of hand-overs. Default: the system's time.</param>
public sealed class InMemoryBroker(TimeProvider? time = null)
{
    private readonly Dictionary<string, InMemoryTopic> topics = new(StringComparer.Ordinal); // guarded by Gate
    private readonly Dictionary<string, InMemoryGroup> groups = new(StringComparer.Ordinal); // guarded by Gate

    private TaskCompletionSource? away; // guarded by Gate: completes when the broker is back

    /// <summary>
    /// Whether it is away, as far as its clients can tell: reads wait until it is back, and commits, publishing, subscribing, seeks and the pings of health
    /// throw a <see cref="TransportException"/> that <see cref="TransportException.IsTransient"/>. Any thread. Default: it is there.
    /// </summary>
    public bool IsAway
    {
        get
        {
            lock (Gate) return away is not null;
        }
        set
        {
            TaskCompletionSource? back = null;
            lock (Gate)
            {
                if (value) away ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                else (back, away) = (away, null);
            }

            back?.TrySetResult();
        }
    }

    /// <summary>Completes when it is back; null: it is there. Under the gate.</summary>
    internal Task? Back => away?.Task;

    /// <summary>Throws where it is away. Under the gate.</summary>
    internal void CheckIsThere()
    {
        if (away is not null) throw new TransportException("The broker in memory is away. Set InMemoryBroker.IsAway to false to have it back.") { IsTransient = true };
    }

    /// <summary>How many lanes a topic gets that is made by being used. Default 4.</summary>
    public int Partitions { get; init; } = 4;

    /// <summary>Guards everything of the broker: topics, groups, lanes' cursors. Nothing of the user's runs under it.</summary>
    internal Lock Gate { get; } = new();

    internal TimeProvider Time { get; } = time ?? TimeProvider.System;

    /// <summary>Makes a topic. Nothing happens where it exists with as many partitions.</summary>
    public void CreateTopic(string topic, int partitions)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        lock (Gate)
        {
            if (!topics.TryGetValue(topic, out var existing)) Add(topic, partitions);
            else if (existing.Partitions.Length != partitions) throw new ArgumentException($"Topic '{topic}' has {existing.Partitions.Length} partitions.", nameof(partitions));
        }
    }

    /// <summary>The messages of a topic, lane by lane.</summary>
    public IReadOnlyList<OutgoingMessage> Messages(string topic)
    {
        lock (Gate)
        {
            return [.. Topic(topic).Partitions.SelectMany(p => p.Messages).Select(m => new OutgoingMessage
            {
                Topic = topic,
                Key = m.Key.ToNullableMemory(),
                Body = m.Body.ToNullableMemory(),
                Headers = m.Headers ?? Headers.Empty,
                Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(m.TimestampMilliseconds),
            })];
        }
    }

    /// <summary>The last position whose message is committed as handled; null where nothing is.</summary>
    public Position? Committed(string group, string topic, int partition)
    {
        lock (Gate)
        {
            return Group(group).Of(Topic(topic).Partitions[partition]).Committed is { } next and > 0 ? new Position(next - 1) : null;
        }
    }

    /// <summary>How many messages each partition of a topic has.</summary>
    public IReadOnlyList<long> Ends(string topic)
    {
        lock (Gate) return [.. Topic(topic).Partitions.Select(p => (long)p.Messages.Count)];
    }

    /// <summary>Appends all of them, or throws. Returns who waits for them, to be told outside of the gate. Under the gate.</summary>
    internal IReadOnlyList<TaskCompletionSource> Append(IReadOnlyList<OutgoingMessage> messages)
    {
        var wake = new List<TaskCompletionSource>();
        var now = Time.GetUtcNow();
        foreach (var message in messages) Topic(message.Topic); // all or none: a bad name is found before the first append
        foreach (var message in messages)
        {
            var partition = Topic(message.Topic).For(message.Key);
            partition.Messages.Add(new Message
            {
                Position = new Position(partition.Messages.Count),
                Key = Bytes.Of(message.Key?.ToArray()),
                Body = Bytes.Of(message.Body?.ToArray()),
                Headers = message.Headers.Count == 0 ? null : message.Headers,
                TimestampMilliseconds = (message.Timestamp ?? now).ToUnixTimeMilliseconds(),
            });
            if (partition.Appended is not { } appended) continue;
            wake.Add(appended);
            partition.Appended = null;
        }

        return wake;
    }

    internal IReadOnlyList<string> AllTopics()
    {
        lock (Gate) return [.. Names];
    }

    /// <summary>The topics of now. Under the gate.</summary>
    internal IEnumerable<string> Names => topics.Keys;

    internal InMemoryTopic Topic(string topic)
    {
        if (string.IsNullOrWhiteSpace(topic)) throw new TransportException("A topic's name is empty. Name the topic.");
        if (!topics.TryGetValue(topic, out var existing)) existing = Add(topic, Partitions);
        return existing;
    }

    /// <summary>A topic that is there already: a look makes none. Under the gate.</summary>
    internal InMemoryTopic Known(string topic) => topics.TryGetValue(topic, out var known) ? known
        : throw new TransportException($"There is no topic '{topic}'.{Closest.Hint(topic, topics.Keys)}") { Kind = TransportErrorKind.Topic };

    /// <summary>Where a group stands in a partition, if it ever joined. Under the gate.</summary>
    internal InMemoryGroup.Assignment? Position(string group, InMemoryPartition partition) => groups.GetValueOrDefault(group)?.Find(partition);

    internal InMemoryGroup Group(string group)
    {
        if (!groups.TryGetValue(group, out var existing)) groups.Add(group, existing = new InMemoryGroup(this, group));
        return existing;
    }

    /// <summary>Members whose patterns match it get its lanes. One that is matched by two of a group is not made: the caller hears of it.</summary>
    private InMemoryTopic Add(string topic, int partitions)
    {
        foreach (var group in groups.Values) group.Check(topic);
        var added = new InMemoryTopic(topic, partitions);
        topics.Add(topic, added);
        foreach (var group in groups.Values) group.Appeared(added);
        return added;
    }
}

/// <summary>A topic. Guarded by the broker's gate.</summary>
internal sealed class InMemoryTopic
{
    private int roundRobin;

    public InMemoryTopic(string name, int partitions)
    {
        Name = name;
        Partitions = [.. Enumerable.Range(0, partitions).Select(i => new InMemoryPartition(this, i))];
    }

    public string Name { get; }

    public InMemoryPartition[] Partitions { get; }

    public InMemoryPartition For(ReadOnlyMemory<byte>? key)
    {
        if (key is not { } bytes) return Partitions[roundRobin++ % Partitions.Length];
        var hash = 2166136261u; // FNV-1a
        foreach (var b in bytes.Span) hash = unchecked((hash ^ b) * 16777619u);
        return Partitions[(int)(hash % (uint)Partitions.Length)];
    }
}

/// <summary>A partition: messages by position, from 0 without gaps. Guarded by the broker's gate.</summary>
internal sealed class InMemoryPartition(InMemoryTopic topic, int number)
{
    public InMemoryTopic Topic { get; } = topic;

    public int Number { get; } = number;

    public List<Message> Messages { get; } = [];

    /// <summary>Completes at the next append; then there is a new one. Null while nobody waits.</summary>
    public TaskCompletionSource? Appended { get; set; }

    public Task WhenAppended() => (Appended ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
}
