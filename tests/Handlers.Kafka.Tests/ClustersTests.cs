using System.Collections.Concurrent;
using Confluent.Kafka;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Kafka.Tests;

/// <summary>One application and two clusters, each a broker process, under the names that handlers give them.</summary>
public sealed class ClustersTests : IAsyncLifetime
{
    private const int Limit = 60_000;

    private readonly ConcurrentQueue<string> handled = new();
    private Broker first = null!;
    private Broker second = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        first = await Broker.StartAsync(stop: Stop);
        second = await Broker.StartAsync(stop: Stop);
        foreach (var broker in new[] { first, second })
            foreach (var topic in new[] { "in", "out" }) await broker.CreateTopicAsync(topic, 1);
    }

    public async ValueTask DisposeAsync()
    {
        await first.DisposeAsync();
        await second.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Each_handler_reads_from_its_cluster_publishes_to_it_and_commits_in_it()
    {
        using var host = Build(Publishing("First", StreamHandlerAttribute.DefaultTransport), Publishing("Second", "second"));
        await host.StartAsync(Stop);
        await host.Services.GetRequiredService<IPublisher>().PublishAsync(Text("1"), Stop);
        await host.Services.GetRequiredKeyedService<IPublisher>("second").PublishAsync([Text("2"), Text("3")], Stop);
        await UntilHandledAsync(3);
        await host.StopAsync(Stop);
        Assert.Equal(["First 1", "Second 2", "Second 3"], handled.Order());
        Assert.Equal((1, 2), (End(first, "out"), End(second, "out")));
        Assert.Equal((1, 2), (await CommittedAsync(first), await CommittedAsync(second)));
        Assert.Throws<HandlersConfigurationException>(() => host.Services.GetRequiredKeyedService<IPublisher>("third"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_cluster_that_is_away_holds_up_its_own_handlers_alone_and_they_go_on_when_it_is_back()
    {
        using var host = Build(Publishing("First", StreamHandlerAttribute.DefaultTransport), Publishing("Second", "second"));
        await host.StartAsync(Stop);
        var (publisher, other) = (host.Services.GetRequiredService<IPublisher>(), host.Services.GetRequiredKeyedService<IPublisher>("second"));
        await publisher.PublishAsync(Text("a"), Stop);
        await other.PublishAsync(Text("b"), Stop);
        await UntilHandledAsync(2);

        await second.DownAsync(-1);
        for (var i = 0; i < 20; i++) await publisher.PublishAsync(Text($"{i}"), Stop);
        await UntilHandledAsync(22);
        while (await CommittedAsync(first) < 21) await Task.Delay(10, Stop);
        await second.UpAsync(-1);

        await other.PublishAsync(Text("c"), Stop);
        await UntilHandledAsync(23);
        await host.StopAsync(Stop);
        Assert.Equal(["Second b", "Second c"], handled.Where(h => h.StartsWith("Second", StringComparison.Ordinal)));
        Assert.Equal(2, await CommittedAsync(second));
    }

    [Fact(Timeout = Limit)]
    public async Task A_cluster_that_is_away_at_the_stop_holds_up_neither_the_other_nor_the_process()
    {
        var host = Build(Publishing("First", StreamHandlerAttribute.DefaultTransport), Publishing("Second", "second"));
        await host.StartAsync(Stop);
        await host.Services.GetRequiredService<IPublisher>().PublishAsync(Text("a"), Stop);
        await host.Services.GetRequiredKeyedService<IPublisher>("second").PublishAsync(Text("b"), Stop);
        await UntilHandledAsync(2);
        await second.DownAsync(-1);
        var began = TimeProvider.System.GetTimestamp();
        await host.StopAsync(Stop);
        await ((IAsyncDisposable)host).DisposeAsync(); // the client of a cluster that is away waited for it for 40 s
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"{TimeProvider.System.GetElapsedTime(began)}");
        Assert.Equal(1, await CommittedAsync(first));
    }

    [Fact(Timeout = Limit)]
    public async Task A_cluster_that_is_away_at_the_start_is_an_error_that_names_it()
    {
        await second.DownAsync(-1);
        using var host = Build(Publishing("First", StreamHandlerAttribute.DefaultTransport), Publishing("Second", "second"));
        var error = await Assert.ThrowsAsync<TransportException>(() => host.StartAsync(Stop));
        Assert.Contains($"The topics of {second.Bootstrap} cannot be listed within 1 s; is the broker running, and bootstrap.servers right?", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The clusters are two sections of configuration, as an application has them.</summary>
    private IHost Build(params HandlerRegistration[] handlers)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "clusters" });
        foreach (var (section, broker) in new[] { ("Kafka", first), ("Kafka2", second) })
        {
            builder.Configuration[$"{section}:bootstrap.servers"] = broker.Bootstrap;
            builder.Configuration[$"{section}:Start"] = "Earliest";
            builder.Configuration[$"{section}:CallTimeout"] = "1s";
            foreach (var (name, value) in TestSettings.ConsumerProtocol) builder.Configuration[$"{section}:Consumer:{name}"] = value;
        }

        builder.Configuration["Handlers:CommitInterval"] = "100ms";
        builder.Configuration["Handlers:StopBudget"] = "4s";
        builder.Configuration["Handlers:OnSubscriptionFailure"] = "KeepOthers"; // or the test's process would have an exit code of 1
        var added = HandlersBuilder.For(builder.Services).UseKafka(builder.Configuration.GetSection("Kafka")).UseKafka(builder.Configuration.GetSection("Kafka2"), "second");
        foreach (var handler in handlers) added.Add(handler);
        return builder.Build();
    }

    /// <summary>What generated code would register of a handler that publishes what it gets.</summary>
    private HandlerRegistration<string> Publishing(string name, string transport) => new()
    {
        Name = name,
        Declared = new HandlerSettings { Topic = "in", Transport = transport, PublishTo = "out" },
        PayloadType = "string",
        Unpack = Payload.Text,
        Dispatch = (string payload, in HandlerCall call) => HandledAsync($"{name} {payload}", call.PublishAsync(payload, static text => Text(text))),
    };

    private async ValueTask HandledAsync(string what, ValueTask publishing)
    {
        await publishing;
        handled.Enqueue(what);
    }

    private static OutgoingMessage Text(string body) => new() { Topic = "in", Body = OutgoingMessage.Utf8(body) };

    private async Task UntilHandledAsync(int count)
    {
        while (handled.Count < count) await Task.Delay(10, Stop);
    }

    private static long End(Broker broker, string topic)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = broker.Bootstrap, GroupId = "looks" }).Build();
        return consumer.QueryWatermarkOffsets(new TopicPartition(topic, 0), TimeSpan.FromSeconds(10)).High.Value;
    }

    private static async Task<long> CommittedAsync(Broker broker)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();
        return (await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions("clusters", [new TopicPartition("in", 0)])]))[0].Partitions[0].Offset.Value;
    }
}
