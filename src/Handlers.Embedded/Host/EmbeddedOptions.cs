namespace Handlers.Embedded;

/// <summary>Options of the embedded log. docs/embedded.md explains them; configuration uses the same names.</summary>
public sealed class EmbeddedOptions
{
    /// <summary>
    /// The folder that holds the log: <c>handlers.db</c> and two files that SQLite keeps beside it. Made where it is missing.
    /// A relative path begins at the working directory. On a disk of this machine: network file systems do not lock as SQLite needs. No default.
    /// </summary>
    public string Folder { get; set; } = "";

    /// <summary>Partitions of a topic that is made because it was missing. A topic keeps its count for ever. 1 to 10,000, default 4.</summary>
    public int Partitions { get; set; } = 4;

    /// <summary>What is different for some topics, by name.</summary>
    public IDictionary<string, EmbeddedTopicOptions> Topics { get; } = new Dictionary<string, EmbeddedTopicOptions>(StringComparer.Ordinal);

    /// <summary>
    /// How long a process may be silent before the others take its lanes. Renewed at a quarter of it. 100 ms to 1 h, default 10 s.
    /// </summary>
    public TimeSpan LeaseTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often the file is looked at for what other processes wrote; what this process publishes wakes its lanes at once.
    /// 1 ms to 10 s and at most a quarter of <see cref="LeaseTime"/>, default 100 ms.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a write waits for another process's lock before it fails. 1 ms to 10 min, default 5 s.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Messages that came in longer ago are deleted, handled or not. Default: none, kept for ever.</summary>
    public TimeSpan? RetentionAge { get; set; }

    /// <summary>
    /// The most bytes (keys, headers and bodies) that a topic keeps, in equal parts over its partitions; the oldest
    /// messages go first, handled or not. Default: none, no limit.
    /// </summary>
    public long? RetentionBytes { get; set; }

    /// <summary>How often retention is looked after. 10 ms to 1 day, default 30 s.</summary>
    public TimeSpan RetentionInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What an acknowledged message or position survives. Default <see cref="Durability.PowerLoss"/>.</summary>
    public Durability Durability { get; set; }

    /// <summary>What happens when retention deleted messages that a group had not handled. Default <see cref="LostPosition.Fail"/>.</summary>
    public LostPosition OnLostPosition { get; set; }

    /// <summary>The most pages that the file may have: how tests fill the disk. Null: as many as there is room for.</summary>
    internal long? MostPages { get; set; }

    internal int PartitionsOf(string topic) => Topics.TryGetValue(topic, out var own) ? own.Partitions ?? Partitions : Partitions;

    internal TimeSpan? AgeOf(string topic) => Topics.TryGetValue(topic, out var own) ? own.RetentionAge ?? RetentionAge : RetentionAge;

    internal long? BytesOf(string topic) => Topics.TryGetValue(topic, out var own) ? own.RetentionBytes ?? RetentionBytes : RetentionBytes;

    internal bool RetainsAll => RetentionAge is null && RetentionBytes is null
        && Topics.Values.All(t => t.RetentionAge is null && t.RetentionBytes is null);
}

/// <summary>What is different for one topic; null: as for all.</summary>
public sealed class EmbeddedTopicOptions
{
    /// <inheritdoc cref="EmbeddedOptions.Partitions" />
    public int? Partitions { get; set; }

    /// <inheritdoc cref="EmbeddedOptions.RetentionAge" />
    public TimeSpan? RetentionAge { get; set; }

    /// <inheritdoc cref="EmbeddedOptions.RetentionBytes" />
    public long? RetentionBytes { get; set; }
}

/// <summary>What an acknowledged message or position survives.</summary>
public enum Durability
{
    /// <summary>The end of the process and the loss of power: the disk confirms before it is acknowledged.</summary>
    PowerLoss,

    /// <summary>
    /// The end of the process, however sudden; the operating system writes it to the disk soon after. Loss of power may undo
    /// the last acknowledged writes, never damage the file. Much quicker for single messages.
    /// </summary>
    ProcessLoss,
}

/// <summary>What happens when retention deleted messages that a group had not handled.</summary>
public enum LostPosition
{
    /// <summary>Reading fails with an error that names topic, partition and position.</summary>
    Fail,

    /// <summary>The lane goes on at the earliest message that is left, with an error in the log.</summary>
    Earliest,
}
