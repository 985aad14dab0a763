using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Handlers.Kafka.Peers;

/// <summary>
/// A cluster that speaks the Kafka protocol, in a process of its own, with everything in memory: see tests/Handlers.Kafka.Broker, and `--help`
/// there. It starts in about 60 ms, and ends with <see cref="DisposeAsync"/> or with the process that started it, however that ends.
/// Methods may be called at once; each throws <see cref="InvalidOperationException"/> with the reason when the broker refuses.
/// </summary>
/// <remarks>
/// Tried with librdkafka 2.16.0. Where it is not like Kafka, only a real cluster can prove what depends on it.
/// <list type="bullet">
/// <item>Groups of the classic protocol: only the first join waits for the join delay. Each later rebalance lasts for the session timeout less one second
/// (for the whole of it if that is a second or less), even when every member has joined again: 44 s with the clients' default. Use a session
/// timeout of 2 s and a heartbeat interval of 30 ms: a second member then has lanes after 1 s with range, after 2 s with cooperative-sticky,
/// which is incremental as in Kafka. At 1,200 ms members are late and lose what they had.</item>
/// <item>Groups of the protocol `consumer` (KIP-848) need no switch here: a client says group.protocol=consumer. Reconciliation is incremental and
/// takes one or two heartbeats. To take lanes away as lost, fail ConsumerGroupHeartbeat with 110 (FENCED_MEMBER_EPOCH); in the classic protocol
/// fail Heartbeat with 25 (UNKNOWN_MEMBER_ID).</item>
/// <item>A commit is held against the member's generation or epoch, not against what it owns (as in Kafka). Its metadata is kept and comes with OffsetFetch.
/// AlterConsumerGroupOffsets, ListConsumerGroupOffsets, DescribeTopics and DescribeCluster work; CreateTopics, DeleteRecords (see
/// <see cref="TrimAsync"/>) and DescribeConsumerGroups are refused. Never call ListConsumerGroupsAsync of Confluent.Kafka 2.16.0: where a broker
/// does not know the request, the client's own memory is corrupted and its process ends.</item>
/// <item>Metadata of all topics lists them all. A topic that is not there is made, unless the client says allow_auto_topic_creation=false:
/// then it is UNKNOWN_TOPIC_OR_PART. An AdminClient of its own makes topics by asking for one by name; one on a consumer's handle asks as the consumer does.</item>
/// <item>ListOffsets knows earliest and latest. For any time, and for the maximum of times, it answers -1, as if nothing came at or after it: a client reads `end`.</item>
/// <item>A position before a partition's start is OFFSET_OUT_OF_RANGE, as in Kafka.</item>
/// <item>Idempotent producers work, and nothing is there twice after an error. What a producer sends again because the answer came later than its
/// socket.timeout.ms is there twice: the broker does not look at sequence numbers.</item>
/// <item>A partition whose leader is set to -1 ends the broker's process when a client asks for it.</item>
/// <item>Transactions go through their requests, but: TxnOffsetCommit is answered and forgotten, so the group's position does not move; readers with
/// read_committed see what is open and what was aborted (control records do take an offset each); a second producer with the same transactional id
/// does not fence the first. To see a client being fenced or an abort forced, let requests fail.</item>
/// <item>Nothing is on disk. A partition keeps 5 MiB or 100,000 batches, then the oldest go. An empty fetch is answered after fetch.wait.max.ms.</item>
/// </list>
/// </remarks>
public sealed class Broker : IAsyncDisposable
{
    /// <summary>For <see cref="FailAsync"/>: the connection ends instead of an answer.</summary>
    public const int Disconnect = -195;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    private readonly SemaphoreSlim turn = new(1);
    private readonly StringBuilder errors = new();
    private readonly Process process;

    private Broker(Process process) => this.process = process;

    /// <summary>What a client takes as bootstrap.servers: HOST:PORT,... of every broker.</summary>
    public string Bootstrap { get; private set; } = "";

    /// <summary>The process, for tests that suspend or kill it.</summary>
    public int ProcessId => process.Id;

    /// <param name="brokers">How many, numbered from 1.</param>
    /// <param name="joinDelay">How long the first join of a classic group waits for other members: 100 ms if null. Kafka's default is 3 s.</param>
    /// <param name="heartbeat">The interval of groups with the protocol `consumer`, by which assignments travel: 100 ms if null. Kafka's default is 5 s.</param>
    /// <param name="verbose">What the cluster does goes to <see cref="Errors"/>.</param>
    /// <exception cref="InvalidOperationException">It does not start; it says why.</exception>
    public static async Task<Broker> StartAsync(int brokers = 1, TimeSpan? joinDelay = null, TimeSpan? heartbeat = null, bool verbose = false, CancellationToken stop = default)
    {
        var program = typeof(Broker).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "Broker").Value!;
        List<string> arguments = ["exec", program, "--brokers", Text(brokers)];
        if (joinDelay is { } delay) arguments.AddRange(["--join-delay", Milliseconds(delay)]);
        if (heartbeat is { } interval) arguments.AddRange(["--heartbeat", Milliseconds(interval)]);
        if (verbose) arguments.Add("--verbose");
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        var broker = new Broker(Process.Start(start)!);
        broker.process.ErrorDataReceived += (_, line) =>
        {
            lock (broker.errors) broker.errors.AppendLine(line.Data);
        };
        broker.process.BeginErrorReadLine();
        try
        {
            broker.Bootstrap = (await broker.LineAsync(stop))["bootstrap ".Length..];
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>What it wrote to stderr: nothing, unless it is verbose or failed.</summary>
    public string Errors
    {
        get
        {
            lock (errors) return errors.ToString();
        }
    }

    /// <summary>Topics that clients ask for are made by themselves with 4 partitions, unless the client asks not to.</summary>
    public Task CreateTopicAsync(string topic, int partitions) => TellAsync($"topic {topic} {partitions}");

    public Task DeleteTopicAsync(string topic) => TellAsync($"delete {topic}");

    /// <summary>What is before the offset is gone, as by retention: the partition begins there.</summary>
    public Task TrimAsync(string topic, int partition, long offset) => TellAsync($"trim {topic} {partition} {offset}");

    /// <summary>
    /// The next <paramref name="count"/> requests of this kind fail with this error code of the protocol, or end the connection
    /// (<see cref="Disconnect"/>), whichever broker and partition they are for. Metadata only knows the end of the connection: see
    /// <see cref="FailTopicAsync"/>.
    /// </summary>
    public Task FailAsync(KafkaApi api, int error, int count = 1) => TellAsync($"fail {api} {count} {error}");

    /// <summary>The next requests fail with these errors, one after the other; 0 lets one through.</summary>
    public Task FailInTurnAsync(KafkaApi api, params int[] errors) => TellAsync($"fail {api} 1 {string.Join(' ', errors.Select(Text))}");

    /// <summary>The next requests of this kind to this broker are answered late, with this error or with 0 for none. Goes before <see cref="FailAsync"/>.</summary>
    public Task FailAtAsync(int broker, KafkaApi api, int error, TimeSpan late, int count = 1) => TellAsync($"fail-at {broker} {api} {count} {error} {Milliseconds(late)}");

    /// <summary>This partition fails in the next requests of this kind that name it; their other partitions do not.</summary>
    public Task FailPartitionAsync(string topic, int partition, KafkaApi api, int error, int count = 1) => TellAsync($"fail-partition {topic} {partition} {api} {count} {error}");

    /// <summary>The topic's error in Metadata, until it is 0.</summary>
    public Task FailTopicAsync(string topic, int error) => TellAsync($"fail-topic {topic} {error}");

    /// <summary>Its connections end and it takes no new ones; leaders stay where they are. -1: all brokers.</summary>
    public Task DownAsync(int broker) => TellAsync($"down {broker}");

    public Task UpAsync(int broker) => TellAsync($"up {broker}");

    /// <summary>Every answer of this broker comes so much later. -1: all brokers.</summary>
    public Task SetRoundTripAsync(int broker, TimeSpan time) => TellAsync($"rtt {broker} {Milliseconds(time)}");

    /// <summary>The broker to ask for the partition from now on; the one before answers NOT_LEADER_FOR_PARTITION.</summary>
    public Task SetLeaderAsync(string topic, int partition, int broker) => TellAsync($"leader {topic} {partition} {broker}");

    public Task SetGroupCoordinatorAsync(string group, int broker) => TellAsync($"coordinator group {group} {broker}");

    public Task SetTransactionCoordinatorAsync(string transactionalId, int broker) => TellAsync($"coordinator transaction {transactionalId} {broker}");

    /// <summary>How long a member of a group with the protocol `consumer` may be silent; Kafka's default and this one's: 45 s and 30 s.</summary>
    public Task SetSessionTimeoutAsync(TimeSpan time) => TellAsync($"session {Milliseconds(time)}");

    /// <summary>What clients are told of this request; -1 and -1: the broker does not know it, as an old one.</summary>
    public Task SetVersionsAsync(KafkaApi api, int min, int max) => TellAsync($"versions {api} {min} {max}");

    /// <summary>How many requests of this kind came since the start, or since <see cref="ClearAsync"/>.</summary>
    public async Task<int> RequestsAsync(KafkaApi api) => int.Parse(await TellAsync($"requests {api}"), CultureInfo.InvariantCulture);

    /// <summary>Forgets errors that wait (those of <see cref="FailAsync"/>), and requests that came.</summary>
    public Task ClearAsync() => TellAsync("clear");

    /// <summary>Ends the broker's input, and with it the broker.</summary>
    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            lock (errors) errors.AppendLine("The broker did not end with its input, and was killed.");
        }

        process.Dispose();
        turn.Dispose();
    }

    private async Task<string> TellAsync(string command)
    {
        await turn.WaitAsync();
        try
        {
            await process.StandardInput.WriteLineAsync(command);
            await process.StandardInput.FlushAsync();
            var answer = await LineAsync(CancellationToken.None);
            return answer.StartsWith("ok", StringComparison.Ordinal) ? answer[2..].Trim() : throw new InvalidOperationException($"{command}: {answer}");
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<string> LineAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        return await process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException($"The broker has ended. {Errors}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Milliseconds(TimeSpan time) => ((int)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}
