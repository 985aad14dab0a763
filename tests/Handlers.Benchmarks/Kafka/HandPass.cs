using System.Text.Json;
using Confluent.Kafka;

namespace Handlers.Benchmarks;

/// <summary>What a person writes with Confluent.Kafka: consume, unpack, handle, store or commit.</summary>
internal static class HandPass
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>The loop that is written most: the body as an array, then JSON from it by the generated context; the offset is stored behind the handler.</summary>
    public static Task<Pass> StoreAsync(RowRequest request, string group, bool tuned) => Run(request, () =>
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(Config(request, group, [.. tuned ? KafkaSettings.Tuned : [], .. KafkaSettings.Stored])).Build();
        consumer.Subscribe(request.Topic);
        for (var n = 0; n < request.Messages;)
        {
            if (consumer.Consume(Poll) is not { } result) continue;
            KafkaHandlers.OnReading(JsonSerializer.Deserialize(result.Message.Value, BenchJson.Default.Reading)!);
            consumer.StoreOffset(result);
            n++;
        }

        consumer.Close();
    });

    /// <summary>The same as lean as that client can be: JSON from the native bytes, no headers and timestamps.</summary>
    public static Task<Pass> StoreLeanAsync(RowRequest request, string group) => Run(request, () =>
    {
        var config = Config(request, group, [.. KafkaSettings.Tuned, .. KafkaSettings.Stored]);
        config.ConsumeResultFields = "topic"; // which StoreOffset needs
        using var consumer = new ConsumerBuilder<Ignore, Reading>(config).SetValueDeserializer(new FromSpan()).Build();
        consumer.Subscribe(request.Topic);
        for (var n = 0; n < request.Messages;)
        {
            if (consumer.Consume(Poll) is not { } result) continue;
            KafkaHandlers.OnReading(result.Message.Value);
            consumer.StoreOffset(result);
            n++;
        }

        consumer.Close();
    });

    /// <summary>Durable before the next message.</summary>
    public static Task<Pass> CommitEachAsync(RowRequest request, string group) => Run(request, () =>
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(Config(request, group, [.. KafkaSettings.Tuned, .. KafkaSettings.ByHand])).Build();
        consumer.Subscribe(request.Topic);
        for (var n = 0; n < request.Messages;)
        {
            if (consumer.Consume(Poll) is not { } result) continue;
            KafkaHandlers.OnReading(JsonSerializer.Deserialize(result.Message.Value, BenchJson.Default.Reading)!);
            consumer.Commit(result);
            n++;
        }

        consumer.Close();
    });

    /// <summary>On a thread of its own: Consume blocks.</summary>
    private static async Task<Pass> Run(RowRequest request, Action loop)
    {
        var window = Handled.Begin(request.Messages);
        await Task.Factory.StartNew(loop, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return await window.Measured;
    }

    private static ConsumerConfig Config(RowRequest request, string group, IEnumerable<(string Name, string Value)> settings)
    {
        var config = new ConsumerConfig { BootstrapServers = request.Bootstrap, GroupId = group, AutoOffsetReset = AutoOffsetReset.Earliest };
        foreach (var (name, value) in settings.Concat(KafkaSettings.OfAll)) config.Set(name, value);
        return config;
    }

    private sealed class FromSpan : IDeserializer<Reading>
    {
        public Reading Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => JsonSerializer.Deserialize(data, BenchJson.Default.Reading)!;
    }
}
