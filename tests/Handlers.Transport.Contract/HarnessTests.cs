using System.Globalization;
using System.Text;

namespace Handlers.Transport.Contract;

/// <summary>
/// What every transport does: each sentence of the comments on <see cref="ITransport"/>, <see cref="ISubscription"/>,
/// <see cref="ILane"/> and <see cref="IPublisher"/>. A transport's tests inherit from both parts and give each a harness: what one
/// member sees (<see cref="TransportContract"/>), and what members, applications and transactions do with each other (<see cref="GroupContract"/>).
/// Two, as tests of different classes run beside each other.
/// </summary>
/// <remarks>Tests wait for conditions, never for durations.</remarks>
public abstract partial class HarnessTests : IAsyncLifetime
{
    /// <summary>Milliseconds that one test may take.</summary>
    protected const int Limit = 60_000;

    /// <summary>Why a test is skipped.</summary>
    protected const string NoSeeks = "The broker's lanes do not seek.";

    private readonly List<ITransport> transports = [];
    private readonly List<Member> members = [];
    private int names;

    /// <summary>What the names of this test's topics have, and no others'.</summary>
    protected string Run { get; } = Guid.NewGuid().ToString("N")[..8];

    /// <summary>The log of this test.</summary>
    protected TransportHarness Harness { get; private set; } = null!;

    /// <summary>Makes the log of one test.</summary>
    protected abstract ValueTask<TransportHarness> NewHarnessAsync();

    /// <inheritdoc />
    public async ValueTask InitializeAsync() => Harness = await NewHarnessAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        patience = PatienceAtEnd;
        foreach (var member in members) await member.DisposeAsync();
        foreach (var transport in transports) await transport.DisposeAsync();
        await Harness.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A transport, disposed at the end of the test.</summary>
    protected async Task<ITransport> TransportAsync()
    {
        var transport = await Harness.NewTransportAsync();
        transports.Add(transport);
        return transport;
    }

    /// <summary>The first transport of the test, or a new one.</summary>
    protected async Task<ITransport> AnyTransportAsync() => transports.FirstOrDefault() ?? await TransportAsync();

    /// <summary>A new topic, with a name that no other test of any run has: some brokers outlive their harness.</summary>
    protected async Task<string> TopicAsync(int partitions = 1)
    {
        var topic = string.Create(CultureInfo.InvariantCulture, $"topic-{++names}-{Run}");
        await Harness.CreateTopicAsync(topic, partitions);
        return topic;
    }

    /// <summary>A new member of a group, over a transport of its own unless it is given one.</summary>
    protected async Task<Member> JoinAsync(string topic, string group = "group", StartPosition? start = null, TimeSpan? revokeBudget = null,
        MessageParts reads = MessageParts.All, ITransport? transport = null) =>
        await JoinAsync([topic], group, start, revokeBudget, reads, transport);

    /// <inheritdoc cref="JoinAsync(string, string, StartPosition?, TimeSpan?, MessageParts, ITransport?)" />
    protected async Task<Member> JoinAsync(IReadOnlyList<string> topics, string group = "group", StartPosition? start = null,
        TimeSpan? revokeBudget = null, MessageParts reads = MessageParts.All, ITransport? transport = null)
    {
        return await JoinAsync(transport ?? await TransportAsync(), new SubscriptionRequest
        {
            Group = group,
            Topics = [.. topics.Select(t => new SubscribedTopic(t, start ?? StartPosition.Earliest, reads))],
            RevokeBudget = revokeBudget ?? TimeSpan.FromSeconds(30),
        });
    }

    /// <summary>A new member by a request of its own.</summary>
    protected async Task<Member> JoinAsync(ITransport transport, SubscriptionRequest request)
    {
        var member = new Member(this, transport, await Soon(transport.SubscribeAsync(request, CancellationToken.None)));
        members.Add(member);
        return member;
    }

    /// <summary>Kills the process of a member.</summary>
    protected async Task KillAsync(Member member)
    {
        transports.Remove(member.Transport);
        members.Remove(member);
        await Harness.KillAsync(member.Transport);
    }

    /// <summary>Waits for a task, while the harness's clock goes on.</summary>
    protected async Task<T> Soon<T>(ValueTask<T> work)
    {
        var task = work.AsTask();
        await Soon(task);
        return await task;
    }

    /// <inheritdoc cref="Soon{T}(ValueTask{T})" />
    protected Task Soon(ValueTask work) => Soon(work.AsTask());

    /// <inheritdoc cref="Soon{T}(ValueTask{T})" />
    protected async Task Soon(Task work)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!work.IsCompleted)
        {
            if (TimeProvider.System.GetElapsedTime(began) > patience) throw new TimeoutException("It did not complete.");
            await Task.WhenAny(work, Task.Delay(5));
            if (!work.IsCompleted) await Harness.AdvanceAsync(Step);
        }

        await work;
    }

    /// <summary>Waits until something holds.</summary>
    protected async Task Eventually(Func<ValueTask<bool>> holds, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience) throw new TimeoutException($"It did not come: {what}.");
            await Task.Delay(5);
            await Harness.AdvanceAsync(Step);
        }
    }

    /// <inheritdoc cref="Eventually(Func{ValueTask{bool}}, string)" />
    protected Task Eventually(Func<bool> holds, string what) => Eventually(() => new ValueTask<bool>(holds()), what);

    /// <summary>A message.</summary>
    protected static OutgoingMessage Text(string topic, string body, string? key = null) => new()
    {
        Topic = topic,
        // With the cast: a null array would become empty memory, which is not null.
        Key = key is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(key),
        Body = Encoding.UTF8.GetBytes(body),
    };

    /// <summary>
    /// Publishes numbered messages of one key, in order. Null: each has its own, so that they spread (messages without a key need not: Kafka's
    /// clients fill one partition after the other with them).
    /// </summary>
    protected async Task PublishAsync(string topic, int from, int count, string? key = "k", ITransport? transport = null)
    {
        transport ??= await AnyTransportAsync();
        var texts = Enumerable.Range(from, count).Select(i => Text(topic, $"{i}", key ?? $"k{i}")).ToList();
        await Soon(transport.Publisher.PublishAsync(texts, CancellationToken.None));
    }

    /// <summary>Reads exactly so many messages.</summary>
    protected async Task<List<Received>> ReadAsync(ILane lane, int count)
    {
        var received = new List<Received>();
        while (received.Count < count)
        {
            var batch = new MessageBatch(count - received.Count, 1024 * 1024);
            Assert.True(await Soon(lane.ReadAsync(batch, CancellationToken.None)), "The lane ended.");
            Assert.InRange(batch.Count, 1, count - received.Count);
            foreach (ref readonly var message in batch.Messages) received.Add(Received.Of(message));
            batch.Clear();
        }

        return received;
    }

    /// <summary>The group's durable position in a lane.</summary>
    protected async Task<Position?> CommittedAsync(ILane lane, string group = "group") =>
        await Harness.ReadCommittedAsync(group, lane.Id.Topic, lane.Id.Partition);

    /// <summary>The numbers that <see cref="PublishAsync"/> published.</summary>
    protected static IEnumerable<string> Numbers(int from, int count) => Enumerable.Range(from, count).Select(i => $"{i}");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan PatienceAtEnd = TimeSpan.FromMinutes(2); // who leaves while a group is rearranged waits for that, and no test does
    private TimeSpan patience = Patience;

    /// <summary>How far the harness's clock goes on at once.</summary>
    protected static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);
}
