namespace Handlers.Embedded;

/// <summary>
/// The first write of a subscription: topics that are missing are made, and the start of every partition that the group
/// never saw is resolved and durable. So "latest" means the moment of subscribing, for all partitions alike.
/// </summary>
internal sealed class Join(SubscriptionRequest request) : Write
{
    /// <summary>The topics, in the order of the request.</summary>
    public List<Topic> Topics { get; } = [];

    public override void Run(Transaction transaction)
    {
        Topics.Clear();
        foreach (var wanted in request.Topics)
        {
            var topic = transaction.Topic(wanted.Topic);
            Topics.Add(topic);
            for (var number = 0; number < topic.PartitionIds.Length; number++)
            {
                var partition = topic.PartitionIds[number];
                if (GroupTable.Position(transaction.Database, request.Group, partition) is not null) continue;
                var lane = EmbeddedLane.IdOf(topic, number, 0);
                GroupTable.Begin(transaction.Database, request.Group, partition, Starts.Resolve(transaction.Database, lane, partition, wanted.Start));
            }
        }
    }
}
