namespace Handlers.Testing;

/// <summary>Topics and a group for each name. Lives on the schedule's thread, so it has no locks.</summary>
internal sealed class SimulatedBroker
{
    private readonly Dictionary<string, SimulatedTopic> topics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SimulatedGroup> groups = new(StringComparer.Ordinal);

    public SimulatedBroker(SimulationThread thread, Chance chance, History history, int partitions)
    {
        Chance = chance;
        History = history;
        Party = new SimulatedParty(thread);
        Partitions = partitions;
    }

    public SimulatedParty Party { get; }

    public Chance Chance { get; }

    public History History { get; }

    /// <summary>How many partitions each topic has.</summary>
    public int Partitions { get; }

    /// <summary>What goes wrong, and how often.</summary>
    public Faults Faults { get; set; } = Faults.None;

    public IEnumerable<SimulatedTopic> Topics => topics.Values;

    public IEnumerable<SimulatedGroup> Groups => groups.Values;

    public SimulatedTopic Topic(string name)
    {
        if (!topics.TryGetValue(name, out var topic)) topics.Add(name, topic = new SimulatedTopic(this, name, Partitions));
        return topic;
    }

    public SimulatedGroup Group(string name)
    {
        if (!groups.TryGetValue(name, out var group)) groups.Add(name, group = new SimulatedGroup(this, name));
        return group;
    }

    public void Append(OutgoingMessage message, int? process) => Topic(message.Topic).Append(message, process);
}

/// <summary>A topic: its partitions.</summary>
internal sealed class SimulatedTopic
{
    private readonly SimulatedBroker broker;

    public SimulatedTopic(SimulatedBroker broker, string name, int partitions)
    {
        this.broker = broker;
        Name = name;
        Partitions = [.. Enumerable.Range(0, partitions).Select(i => new SimulatedPartition(broker, name, i))];
    }

    public string Name { get; }

    public IReadOnlyList<SimulatedPartition> Partitions { get; }

    /// <summary>To the partition of its key; one that has ended hands on to the next.</summary>
    public void Append(OutgoingMessage message, int? process)
    {
        var start = message.Key is { } key ? Hash(key.Span) : (uint)broker.Chance.Below(Partitions.Count);
        for (var i = 0u; i < Partitions.Count; i++)
        {
            var partition = Partitions[(int)((start + i) % (uint)Partitions.Count)];
            if (partition.HasEnded) continue;
            partition.Append(message, process);
            return;
        }
    }

    private static uint Hash(ReadOnlySpan<byte> key)
    {
        var hash = 2166136261u; // FNV-1a
        foreach (var b in key) hash = unchecked((hash ^ b) * 16777619u);
        return hash;
    }
}

/// <summary>A partition: messages in their order, with gaps in their positions, and maybe an end.</summary>
internal sealed class SimulatedPartition(SimulatedBroker broker, string topic, int number)
{
    private readonly List<Message> messages = [];
    private readonly List<TaskCompletionSource> waiting = [];
    private long last = -1;

    public string Topic { get; } = topic;

    public string Name { get; } = number.ToString(null, null);

    public IReadOnlyList<Message> Messages => messages;

    /// <summary>No more will be appended: a closed shard.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The last position; -1 where there is none.</summary>
    public long Last => last;

    public void Append(OutgoingMessage message, int? process)
    {
        last += broker.Chance.Of(broker.Faults.Gap) ? broker.Chance.Between(2, 4) : 1;
        messages.Add(new Message
        {
            Position = new Position(last),
            Key = Bytes.Of(message.Key?.ToArray()),
            Body = Bytes.Of(message.Body?.ToArray()),
            Headers = message.Headers.Count == 0 ? null : message.Headers,
            TimestampMilliseconds = broker.Party.Clock.GetUtcNow().ToUnixTimeMilliseconds(),
        });
        broker.History.Add(FactKind.Appended, process, this, position: last, text: message.Headers.Text(DeadLetterHeaders.Id));
        Wake();
    }

    public void End()
    {
        if (HasEnded) return;
        HasEnded = true;
        broker.History.Add(FactKind.PartitionEnded, partition: this, position: last);
        Wake();
    }

    /// <summary>The index of the first message behind a position.</summary>
    public int IndexBehind(long position)
    {
        var low = 0;
        var high = messages.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (messages[middle].Position.Number <= position) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>Completes when there is something new to see.</summary>
    public async Task WhenAppendedAsync(CancellationToken stop)
    {
        var waiter = new TaskCompletionSource();
        waiting.Add(waiter);
        using var stopping = stop.UnsafeRegister(static (s, token) => ((TaskCompletionSource)s!).TrySetCanceled(token), waiter);
        await waiter.Task;
    }

    public override string ToString() => $"{Topic}/{Name}";

    private void Wake()
    {
        foreach (var waiter in waiting.ToArray()) waiter.TrySetResult();
        waiting.Clear();
    }
}
