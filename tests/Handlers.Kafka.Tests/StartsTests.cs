using System.Reflection;
using Confluent.Kafka;

namespace Handlers.Kafka.Tests;

/// <summary>
/// Where lanes begin, when the broker that is asked knows less of a topic than the one that assigned. Found in review: a lane without an offset went to
/// the client, which said that its position was not in the log any more, and a partition that came later began at the latest.
/// </summary>
public sealed class StartsTests
{
    private static readonly Error None = new(ErrorCode.NoError);

    private readonly IConsumer<byte[], byte[]> consumer = DispatchProxy.Create<IConsumer<byte[], byte[]>, Cluster>();
    private readonly Queue<TopicMetadata> answers = [];

    private Cluster Committed => (Cluster)(object)consumer;

    [Theory]
    [InlineData(ErrorCode.LeaderNotAvailable)]
    [InlineData(ErrorCode.UnknownTopicOrPart)]
    public void A_topic_with_an_error_that_passes_is_asked_for_again(ErrorCode error)
    {
        Answer(0, error);
        Answer(2);
        Assert.Equal([100, 100], Begin(0, 1));
        Assert.Empty(answers);
    }

    [Fact]
    public void A_topic_with_an_error_that_does_not_pass_ends_the_start()
    {
        Answer(0, ErrorCode.TopicAuthorizationFailed);
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, Assert.Throws<KafkaException>(() => Begin(0)).Error.Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void A_partition_that_is_assigned_begins_though_it_is_not_listed(int listed)
    {
        Answer(listed);
        Assert.Equal([100, 100], Begin(1, 3));
    }

    /// <summary>The group has a position in one that is not listed, so the lane is a partition that came later.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_group_with_a_position_in_a_partition_that_is_not_listed_is_not_new(int listed)
    {
        Committed.Offsets[1] = 50;
        Answer(listed);
        Assert.Equal([7], Begin(3));
    }

    private void Answer(int partitions, ErrorCode error = ErrorCode.NoError) =>
        answers.Enqueue(new TopicMetadata("topic", [.. Enumerable.Range(0, partitions).Select(static p => new PartitionMetadata(p, 1, [1], [1], None))], new Error(error)));

    /// <summary>The offsets of partitions of a topic from 7 to 100, for a group that begins at the latest.</summary>
    private List<long> Begin(params int[] partitions)
    {
        var options = new KafkaOptions { Servers = "localhost:9" };
        var request = new SubscriptionRequest { Group = "group", Topics = [new("topic", new StartPosition(StartFrom.Latest), default)], RevokeBudget = TimeSpan.FromSeconds(1) };
        var starts = new Starts(consumer, request, options, new Subscribed(null!, null!, request, consumer, ["topic"]), _ => answers.Dequeue());
        return [.. starts.Of([.. partitions.Select(static p => new TopicPartition("topic", p))], TimeProvider.System, static () => false).Offsets.Select(static o => o.Offset.Value)];
    }

    /// <summary>Public and not sealed: the framework inherits from it.</summary>
    public class Cluster : DispatchProxy
    {
        internal Dictionary<int, long> Offsets { get; } = [];

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            nameof(IConsumer<,>.Committed) => ((IEnumerable<TopicPartition>)args![0]!).Select(p => new TopicPartitionOffset(p, Offsets.TryGetValue(p.Partition.Value, out var offset) ? offset : Offset.Unset)).ToList(),
            nameof(IConsumer<,>.QueryWatermarkOffsets) => new WatermarkOffsets(7, 100),
            _ => throw new NotSupportedException(targetMethod.Name),
        };
    }
}
