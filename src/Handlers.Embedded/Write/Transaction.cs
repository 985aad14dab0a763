namespace Handlers.Embedded;

/// <summary>
/// The open write transaction: where messages are appended. Positions are given out inside it, and SQLite has one writer at
/// a time, so a reader never sees a message before one with a lower position of the same partition.
/// </summary>
/// <remarks>Owned by the writer, used again for each transaction.</remarks>
internal sealed class Transaction(EmbeddedOptions options, Ends ends)
{
    private readonly Dictionary<string, Topic> topics = new(StringComparer.Ordinal);
    private readonly Dictionary<long, Tail> tails = [];
    private readonly List<Topic> madeNow = [];

    /// <summary>The connection inside the transaction.</summary>
    public Database Database { get; private set; } = null!;

    /// <summary>Topics that this transaction made.</summary>
    public IReadOnlyList<Topic> MadeNow => madeNow;

    public void Begin(Database database) => Database = database;

    /// <summary>The topic, made where it is missing.</summary>
    public Topic Topic(string name)
    {
        if (topics.TryGetValue(name, out var topic)) return topic;
        topic = TopicTable.Find(Database, name);
        if (topic is null)
        {
            topic = TopicTable.Make(Database, name, options.PartitionsOf(name));
            madeNow.Add(topic);
        }

        topics.Add(name, topic);
        return topic;
    }

    /// <summary>Appends a message to its partition.</summary>
    public void Append(OutgoingMessage message, long now)
    {
        var topic = Topic(message.Topic);
        var partition = topic.PartitionIds[topic.PartitionOf(message.Key)];
        if (!tails.TryGetValue(partition, out var tail)) tails.Add(partition, tail = new Tail(TopicTable.Next(Database, partition)));
        var headers = HeaderBytes.Pack(message.Headers);
        var timestamp = message.Timestamp?.ToUnixTimeMilliseconds() ?? now;
        var insert = Database.Prepare("INSERT INTO messages(id, timestamp, appended, key, headers, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
            .Bind(1, Schema.MessageId(partition, tail.Next)).Bind(2, timestamp).Bind(4, message.Key).Bind(5, headers).Bind(6, message.Body);
        // The moment of coming in is what retention goes by; it is written only where it differs.
        if (timestamp == now) insert.Null(3);
        else insert.Bind(3, now);
        insert.Run();
        tail.Next++;
        tail.Newest = timestamp;
        tail.Bytes += (message.Key?.Length ?? 0) + (message.Body?.Length ?? 0) + (headers?.Length ?? 0);
    }

    /// <summary>Writes what appending changed, and commits.</summary>
    public void Commit()
    {
        foreach (var (partition, tail) in tails)
            Database.Prepare("UPDATE partitions SET next = ?2, newest = ?3, bytes = bytes + ?4 WHERE id = ?1")
                .Bind(1, partition).Bind(2, tail.Next).Bind(3, tail.Newest).Bind(4, tail.Bytes).Run();
        Database.Execute("COMMIT");
    }

    /// <summary>After the commit: wakes the lanes that wait for these messages.</summary>
    public void Committed()
    {
        foreach (var (partition, tail) in tails) ends.Advance(partition, tail.Next, tail.Newest);
        tails.Clear();
        madeNow.Clear();
    }

    /// <summary>After a rollback: nothing that was found inside may be believed.</summary>
    public void Forget()
    {
        tails.Clear();
        madeNow.Clear();
        topics.Clear();
    }

    /// <summary>The end of a partition inside this transaction.</summary>
    private sealed class Tail(long next)
    {
        public long Next { get; set; } = next;

        public long Newest { get; set; }

        public long Bytes { get; set; }
    }
}
