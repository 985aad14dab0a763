using Handlers.Kinesis.Peers;

namespace Handlers.Crash;

/// <summary>
/// What the proof asks of a transport, beside publishing and consuming on the public path. Another transport is one more small
/// class, and one more line in <see cref="Of"/>, <see cref="StartAsync"/> and <see cref="Names"/>.
/// </summary>
internal interface ICrashTransport : IAsyncDisposable
{
    /// <summary>The first argument of <see cref="Of"/>.</summary>
    string Name { get; }

    /// <summary>The second argument of <see cref="Of"/>: a folder, an address.</summary>
    string Place { get; }

    /// <summary>What a commit may take beyond its interval on a busy machine: its tick, a writer's lock, the disk; and what the transport itself waits for.</summary>
    TimeSpan CommitTakes => TimeSpan.FromSeconds(1);

    /// <summary>Of the environment of a process that only tells what is in the log: there is nobody to take it for dead, and what it reads twice is there twice.</summary>
    IEnumerable<KeyValuePair<string, string>> AloneEnvironment => [];

    /// <summary>Opens it as a program does, with its own <c>UseX</c>.</summary>
    void Use(HandlersBuilder handlers);

    /// <summary>Makes a topic that is not there.</summary>
    ValueTask CreateTopicAsync(string topic, int partitions);

    /// <summary>
    /// The last position that is committed as handled by a group, by partition, as the broker would give it to a process that starts now; without
    /// partitions in which the group stands nowhere. Asked from outside of the group, while its members may be suspended: so quick. One call at a time.
    /// </summary>
    ValueTask<IReadOnlyDictionary<string, Position>> CommittedAsync(string group, string topic);

    /// <summary>How many messages a topic has now behind such positions, in their partitions. One call at a time.</summary>
    ValueTask<long> LagAsync(string topic, IReadOnlyDictionary<string, Position> committed);

    /// <summary>Whether a process that is suspended is in the middle of a commit. Null: it cannot be seen from outside.</summary>
    bool? IsCommitting(int process);

    static IReadOnlyList<string> Names { get; } = ["embedded", "kafka", "kinesis"];

    /// <summary>Why a cell cannot be proved on it; null: it can.</summary>
    static string? CannotShow(string name, Cell cell) => (name, cell.Commit) switch
    {
        ("kafka", Commit.Transaction) when !KafkaCrash.IsCluster => "the broker process forgets positions that are committed in transactions: set KAFKA_BOOTSTRAP_SERVERS",
        ("kinesis", Commit.Transaction) => "Kinesis has no transactions",
        _ => null,
    };

    /// <summary>What this machine lacks to run it, with the remedy; null: nothing.</summary>
    static string? Missing(string name) => name == "kinesis" ? Emulator.Missing : null;

    /// <summary>For a worker: what is at a place already.</summary>
    static ICrashTransport Of(string name, string place) => name switch
    {
        "embedded" => new EmbeddedCrash(place),
        "kafka" => new KafkaCrash(place),
        "kinesis" => new KinesisCrash(place),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, $"There are: {string.Join(", ", Names)}."),
    };

    /// <summary>For the proof: a new and empty one, that ends with <see cref="IAsyncDisposable.DisposeAsync"/>. It may use the folder.</summary>
    static async Task<ICrashTransport> StartAsync(string name, string folder) => name switch
    {
        "kafka" => await KafkaCrash.StartAsync(),
        "kinesis" => await KinesisCrash.StartAsync(),
        _ => Of(name, Path.Combine(folder, "data")),
    };
}
