using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Handlers.Kafka;

/// <summary>
/// Asks the cluster whether it answers, for health, by a client of its own: the consumer's thread of calls may be in a commit that hangs, and the consumer
/// itself says nothing of brokers that are away for as long as it may wait for them. Made when somebody asks first.
/// </summary>
/// <param name="options">The transport's.</param>
/// <param name="time">Time.</param>
/// <param name="connect">Makes the client.</param>
internal sealed class ClusterPings(KafkaOptions options, TimeProvider time, Func<IAdminClient> connect) : IDisposable
{
    /// <summary>How long the cluster may take: below what health waits for a transport, so that it hears the reason.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2.5);

    /// <summary>A leader that moves is asked again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Lock gate = new();
    private IAdminClient? client; // guarded by gate
    private bool closed;          // guarded by gate

    /// <summary>
    /// Asks the leader of each lane's partition where it ends, in a request for each broker: that is who must answer for the lane to be consumed, and by it
    /// the lane knows its lag though nothing is fetched. Without lanes, any broker.
    /// </summary>
    public async Task AskAsync(SubscriptionRequest request, IReadOnlyList<KafkaLane> lanes, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        try
        {
            if (lanes.Count == 0)
            {
                await AnyAsync(request.Topics.Select(static t => t.Topic).FirstOrDefault(static t => !TopicPattern.IsPattern(t))).WaitAsync(stop);
                return;
            }

            while (await EndsAsync(lanes).WaitAsync(stop) is { Count: > 0 } failed)
            {
                var (lane, error) = failed[0];
                if (PartitionErrors.Ends(error) || time.GetElapsedTime(began) + Pause >= Patience)
                    throw PartitionErrors.Failed(error, $"The end of lane {lane.Id} cannot be asked for");
                lanes = [.. failed.Select(static f => f.Lane)];
                await Task.Delay(Pause, time, stop);
            }
        }
        catch (KafkaException e)
        {
            throw PartitionErrors.Failed(e.Error, $"Asking {options.Servers} failed", e);
        }
    }

    public void Dispose()
    {
        IAdminClient? made;
        lock (gate) (made, client, closed) = (client, null, true);
        made?.Dispose();
    }

    private IAdminClient Client()
    {
        lock (gate) return closed ? throw new TransportException("The transport is closed.") : client ??= connect();
    }

    /// <summary>Of those that are told, the end is the lane's; returns the others.</summary>
    private async Task<List<(KafkaLane Lane, Error Error)>> EndsAsync(IReadOnlyList<KafkaLane> lanes)
    {
        var asked = lanes.Select(static l => l.Partition).Distinct().Select(static p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = OffsetSpec.Latest() });
        var ends = (await ListAsync(asked)).Select(static r => r.TopicPartitionOffsetError).DistinctBy(static r => r.TopicPartition).ToDictionary(static r => r.TopicPartition);
        var failed = new List<(KafkaLane, Error)>();
        foreach (var lane in lanes)
        {
            // librdkafka 2.16 gives a partition whose leader's connection ended no error, and no offset either.
            var end = ends.GetValueOrDefault(lane.Partition);
            if (end is { Error.IsError: false, Offset.IsSpecial: false }) lane.EndsAt(end.Offset);
            else failed.Add((lane, end is { Error.IsError: true } ? end.Error : new Error(ErrorCode.Local_Transport, "Its leader did not answer")));
        }

        return failed;
    }

    private async Task<List<ListOffsetsResultInfo>> ListAsync(IEnumerable<TopicPartitionOffsetSpec> ends)
    {
        try
        {
            return (await Client().ListOffsetsAsync(ends, new ListOffsetsOptions { RequestTimeout = Patience, IsolationLevel = ClientConfigs.IsolationOf(options) })).ResultInfos;
        }
        catch (ListOffsetsException e) when (e.Result.ResultInfos is { Count: > 0 } some)
        {
            return some;
        }
    }

    private async Task AnyAsync(string? topic)
    {
        if (topic is null)
        {
            await Client().DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = Patience });
            return;
        }

        try
        {
            await Client().DescribeTopicsAsync(TopicCollection.OfTopicNames([topic]), new DescribeTopicsOptions { RequestTimeout = Patience });
        }
        catch (DescribeTopicsException e) when (e.Results.TopicDescriptions is [{ Error.IsLocalError: false }, ..])
        {
            // Something is wrong with the topic. Somebody answered.
        }
    }
}
