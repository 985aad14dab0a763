using Microsoft.Extensions.Configuration;

namespace Handlers.Kafka.Tests;

/// <summary>Options from configuration, and what each may be.</summary>
public sealed class KafkaOptionsTests
{
    [Fact]
    public void Each_option_is_read_from_configuration()
    {
        var options = Read(
            ("Servers", "one:9092,two:9092"), ("Start", "earliest"), ("Reads", "Consume"), ("OnLostPosition", "Latest"), ("PrefetchBytes", "2097152"), ("CallTimeout", "5 s"),
            ("RebalanceTimeout", "00:00:20"), ("TransactionalId", "me"), ("CreateTopics:Partitions", "3"), ("CreateTopics:Replicas", "2"));
        KafkaOptionsCheck.Check(options);
        Assert.Equal("one:9092,two:9092", options.Settings["bootstrap.servers"]);
        Assert.Equal((StartFrom.Earliest, KafkaReads.Consume, KafkaLostPosition.Latest, 2097152L, "me"), (options.Start, options.Reads, options.OnLostPosition, options.PrefetchBytes, options.TransactionalId));
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20)), (options.CallTimeout, options.RebalanceTimeout));
        Assert.Equal(new KafkaTopicDefaults(3, 2), options.CreateTopics);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("False", false)]
    public void Topics_are_made_as_the_broker_does_by_default(string value, bool makes) =>
        Assert.Equal(makes ? new KafkaTopicDefaults() : null, Read(("CreateTopics", value)).CreateTopics);

    /// <summary>Found in review: three of librdkafka's five settings without a dot were refused.</summary>
    [Theory]
    [InlineData("acks")]
    [InlineData("debug")]
    [InlineData("log_level")]
    [InlineData("partitioner")]
    [InlineData("retries")]
    [InlineData("security.protocol")]
    public void Settings_of_the_library_are_passed_on_by_their_own_names(string name)
    {
        var options = Read((name, "x"), ($"Consumer:{name}", "of consumers"), ($"Producer:{name}", "of the producer"));
        Assert.Equal(("x", "of consumers", "of the producer"), (options.Settings[name], options.ConsumerSettings[name], options.ProducerSettings[name]));
    }

    [Fact]
    public void Names_without_a_dot_are_without_regard_to_case() => Assert.Equal("all", Read(("Acks", "all")).Settings["acks"]);

    [Fact]
    public void The_library_knows_every_setting_without_a_dot()
    {
        var options = new KafkaOptions { Servers = "localhost:9" };
        foreach (var (name, value) in new[] { ("acks", "all"), ("debug", "conf"), ("log_level", "3"), ("partitioner", "random"), ("retries", "5") }) options.ProducerSettings[name] = value;
        using var producer = new Clients(options, new LogLines(), new ClientReports(new LogLines(), TimeProvider.System)).Producer();
    }

    [Theory]
    [InlineData("Server", "x", "Configuration Kafka:Server names no option. Did you mean 'Servers'? * librdkafka's own settings have dots in their names, but for acks, debug, log_level, partitioner, retries.")]
    [InlineData("CreateTopics:Partition", "1", "Configuration Kafka:CreateTopics:Partition names no option. Did you mean 'Partitions'?*")]
    [InlineData("CreateTopics", "maybe", "Kafka:CreateTopics is 'maybe'; true and false are allowed, or Partitions and Replicas under it.")]
    [InlineData("Start", "never", "Kafka:Start is 'never'; allowed are *")]
    [InlineData("Reads", "fast", "Kafka:Reads is 'fast'; allowed are Automatic, Queues, Consume.")]
    [InlineData("OnLostPosition", "skip", "Kafka:OnLostPosition is 'skip'; allowed are Fail, Earliest, Latest.")]
    [InlineData("PrefetchBytes", "much", "Kafka:PrefetchBytes is 'much'; a whole number is allowed.")]
    [InlineData("CallTimeout", "soon", "Kafka:CallTimeout is 'soon', which is not *")]
    [InlineData("RebalanceTimeout", "soon", "Kafka:RebalanceTimeout is 'soon', which is not *")]
    public void What_configuration_may_not_say_is_named(string name, string value, string expected)
    {
        var error = Assert.Single(Assert.Throws<HandlersConfigurationException>(() => Read((name, value))).Errors);
        var parts = expected.Split('*');
        Assert.StartsWith(parts[0], error, StringComparison.Ordinal);
        Assert.EndsWith(parts[^1], error, StringComparison.Ordinal);
        if (parts.Length == 1) Assert.Equal(expected, error);
    }

    public static TheoryData<Action<KafkaOptions>, string> Wrong => new()
    {
        { static o => o.Servers = " ", "Kafka: bootstrap.servers is missing." },
        { static o => o.Settings["enable.auto.commit"] = "true", "Kafka: 'enable.auto.commit' cannot be set: the runtime commits the watermark itself. Say when by " },
        { static o => o.ConsumerSettings["auto.offset.reset"] = "latest", "Kafka: 'auto.offset.reset' cannot be set: the runtime commits the watermark itself. Say where a group begins by Start" },
        { static o => o.ProducerSettings["transactional.id"] = "me", "Kafka: 'transactional.id' cannot be set:" },
        { static o => o.ConsumerSettings["group.id"] = "group", "Kafka: 'group.id' cannot be set:" },
        { static o => o.Start = StartFrom.Time, "Kafka: Start must be Earliest or Latest; a handler may name a time." },
        { static o => o.Start = (StartFrom)9, "Kafka: Start must be Earliest or Latest; a handler may name a time." },
        { static o => o.Reads = (KafkaReads)9, "Kafka: Reads is 9; allowed are Automatic, Queues and Consume." },
        { static o => o.OnLostPosition = (KafkaLostPosition)9, "Kafka: OnLostPosition is 9; allowed are Fail, Earliest and Latest." },
        { static o => o.TransactionalId = " ", "Kafka: TransactionalId is empty." },
        { static o => o.PrefetchBytes = 1000, "Kafka: PrefetchBytes is 1000; at least 1 MB is needed." },
        { static o => o.CallTimeout = TimeSpan.Zero, "Kafka: CallTimeout is 00:00:00; allowed are 0.1 s to 1 h." },
        { static o => o.RebalanceTimeout = TimeSpan.Zero, "Kafka: RebalanceTimeout is 00:00:00; allowed are 0.1 s to 1 h." },
        { static o => o.RebalanceTimeout = TimeSpan.FromMinutes(5), "Kafka: RebalanceTimeout is 00:05:00; it must be less than max.poll.interval.ms, which is 300000:" },
        { static o => o.ConsumerSettings["max.poll.interval.ms"] = "60000", "Kafka: RebalanceTimeout is 00:01:00; it must be less than max.poll.interval.ms, which is 60000:" },
        { static o => o.CreateTopics = new(Partitions: 0), "Kafka: CreateTopics:Partitions is 0; allowed are 1 and more, or -1 for the broker's default." },
        { static o => o.CreateTopics = new(Replicas: 0), "Kafka: CreateTopics:Replicas is 0; allowed are 1 and more, or -1 for the broker's default." },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void What_an_option_may_not_be_is_named(Action<KafkaOptions> make, string expected)
    {
        var options = new KafkaOptions { Servers = "localhost:9092" };
        KafkaOptionsCheck.Check(options);
        make(options);
        var error = Assert.Single(Assert.Throws<HandlersConfigurationException>(() => KafkaOptionsCheck.Check(options)).Errors);
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_longer_max_poll_interval_lets_the_group_wait_longer()
    {
        var options = new KafkaOptions { Servers = "localhost:9092", RebalanceTimeout = TimeSpan.FromMinutes(10) };
        options.Settings["max.poll.interval.ms"] = "900000";
        KafkaOptionsCheck.Check(options);
    }

    private static KafkaOptions Read(params (string Name, string Value)[] values) => KafkaConfiguration.Read(
        new ConfigurationBuilder().AddInMemoryCollection(values.Append(("Servers", "localhost:9092")).DistinctBy(static v => v.Item1).Select(static v => KeyValuePair.Create($"Kafka:{v.Item1}", (string?)v.Item2))).Build().GetSection("Kafka"));
}
