using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Confluent.Kafka;

namespace Handlers.Kafka.Tests;

/// <summary>Lanes that plain Consume feeds.</summary>
public sealed class ConsumedSourceTests
{
    private static readonly TopicPartition Partition = new("topic", 0);

    /// <summary>
    /// Found by the benchmark, which stood still: the reader emptied the lane while the polling thread was about to pause it, so the client resumed
    /// first and was paused then, for ever.
    /// </summary>
    [Fact]
    public void A_lane_that_is_emptied_while_it_is_paused_is_not_paused_in_the_end()
    {
        var client = DispatchProxy.Create<IConsumer<byte[], byte[]>, Client>();
        using var source = new ConsumedSource(client, new TopicPartitionOffset(Partition, 0), MessageParts.None);
        var reader = new Thread(() =>
        {
            var batch = new MessageBatch(500, 1 << 20);
            do
            {
                batch.Clear();
                source.Read(batch);
            }
            while (batch.Count > 0);
        });
        ((Client)(object)client).Pausing = () =>
        {
            reader.Start();
            SpinWait.SpinUntil(() => (reader.ThreadState & (ThreadState.Stopped | ThreadState.WaitSleepJoin)) != 0);
        };
        for (var i = 0; !((Client)(object)client).WasPaused; i++)
            source.Add(new ConsumeResult<byte[], byte[]> { TopicPartitionOffset = new(Partition, i), Message = new Message<byte[], byte[]> { Value = [1] } });
        reader.Join();
        Assert.False(((Client)(object)client).IsPaused);
    }

    /// <summary>Knows pause and resume.</summary>
    [SuppressMessage("Performance", "CA1852", Justification = "The proxy derives from it.")]
    internal class Client : DispatchProxy
    {
        public Action Pausing { get; set; } = () => { };

        public bool WasPaused { get; private set; }

        public bool IsPaused { get; private set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod?.Name == nameof(IConsumer<,>.Pause))
            {
                Pausing();
                WasPaused = IsPaused = true;
            }
            else if (targetMethod?.Name == nameof(IConsumer<,>.Resume))
            {
                IsPaused = false;
            }

            return null;
        }
    }
}
