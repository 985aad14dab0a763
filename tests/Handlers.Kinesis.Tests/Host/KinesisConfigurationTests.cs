using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Kinesis.Tests;

/// <summary>What a deployment may write: the options by their names, and arXiv's settings by theirs.</summary>
public sealed class KinesisConfigurationTests
{
    [Fact]
    public void Every_option_is_read_by_its_name()
    {
        var options = Read(
            ("Region", "eu-west-1"), ("Endpoint", "http://127.0.0.1:4567"), ("VerifyTls", "false"), ("AccessKey", "a"), ("SecretKey", "b"), ("SessionToken", "c"),
            ("Stream", "s"), ("ShardId", "shardId-000000000003"), ("Start", "time"), ("StartAt", "2026-01-31T00:00:00Z"), ("CreateStreams", "4"),
            ("Leases:Table", "{group}"), ("Leases:Endpoint", "http://127.0.0.1:8000"), ("Leases:WorkerId", "w"), ("Leases:LeaseTime", "20s"), ("Leases:HandOverTime", "5s"),
            ("ShardInterval", "5s"), ("Reads", "FanOut"), ("ConsumerName", "n"), ("FetchRecords", "50"), ("FetchInterval", "1s"), ("Retry:Tries", "9"), ("Retry:Delay", "1s"), ("Retry:Backoff", "1.5"),
            ("Retry:MaxDelay", "1m"), ("Retry:JitterLeast", "100ms"), ("Retry:Jitter", "1s"), ("OnLostPosition", "StartOver"), ("Duration", "2h"), ("Aggregate", "true"));
        Assert.Equal(
            ("eu-west-1", "http://127.0.0.1:4567", false, "a", "b", "c", "s", "shardId-000000000003"),
            (options.Region, options.Endpoint, options.VerifyTls, options.AccessKey, options.SecretKey, options.SessionToken, options.Stream, options.ShardId));
        Assert.Equal((StartFrom.Time, new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero), 4), (options.Start, options.StartAt, options.CreateStreams));
        Assert.Equal(
            ("{group}", "http://127.0.0.1:8000", "w", TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5)),
            (options.Leases!.Table, options.Leases.Endpoint, options.Leases.WorkerId, options.Leases.LeaseTime, options.Leases.HandOverTime));
        Assert.Equal((TimeSpan.FromSeconds(5), KinesisReads.FanOut, "n", 50, TimeSpan.FromSeconds(1)), (options.ShardInterval, options.Reads, options.ConsumerName, options.FetchRecords, options.FetchInterval));
        Assert.Equal(
            new KinesisRetry { Tries = 9, Delay = TimeSpan.FromSeconds(1), Backoff = 1.5, MaxDelay = TimeSpan.FromMinutes(1), JitterLeast = TimeSpan.FromMilliseconds(100), Jitter = TimeSpan.FromSeconds(1) },
            options.Retry);
        Assert.Equal((KinesisLostPosition.StartOver, TimeSpan.FromHours(2), true), (options.OnLostPosition, options.Duration, options.Aggregate));
        Assert.Equal("./c", Read(("CheckpointFolder", "./c")).CheckpointFolder);
    }

    [Theory]
    [InlineData("Regoin", "x", "Region")]
    [InlineData("Start", "soon", "Earliest")]
    [InlineData("VerifyTls", "yes", "true")]
    [InlineData("FetchRecords", "many", "whole number")]
    [InlineData("Leases:Tabel", "x", "Table")]
    [InlineData("Retry:Backoff", "much", "number")]
    [InlineData("StartAt", "yesterday", "ISO 8601")]
    public void What_means_nothing_is_an_error_that_names_key_and_remedy(string key, string value, string remedy)
    {
        var error = Assert.Throws<HandlersConfigurationException>(() => Read((key, value)));
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_their_bounds_are_all_named_at_once()
    {
        var error = Assert.Throws<HandlersConfigurationException>(() => Use(options =>
        {
            options.Endpoint = "nowhere";
            options.AccessKey = "a";
            options.Start = StartFrom.Time;
            options.CreateStreams = 0;
            options.CheckpointFolder = "./c";
            options.Leases = new KinesisLeaseOptions { LeaseTime = TimeSpan.Zero };
            options.FetchRecords = 10_001;
            options.Retry = new KinesisRetry { Tries = 0, JitterLeast = TimeSpan.FromSeconds(2) };
            options.Duration = TimeSpan.Zero;
        }));
        foreach (var part in (string[])["Endpoint", "SecretKey", "StartAt", "CreateStreams", "exclude each other", "LeaseTime", "FetchRecords", "Tries", "JitterLeast", "Duration"])
            Assert.Contains(error.Errors, e => e.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public void Arxivs_settings_are_read_by_their_names_and_go_before_the_section()
    {
        var options = new KinesisOptions { Region = "eu-west-1" };
        var takenAsUtc = ArxivSettings.Apply(options, Configuration(
            ("KINESIS_STREAM", "notifications"), ("KINESIS_SHARD_ID", "shardId-000000000000"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "us-east-1"),
            ("KINESIS_ENDPOINT", "https://localhost:4568"), ("KINESIS_VERIFY", "false"), ("KINESIS_START_TYPE", "AT_TIMESTAMP"), ("KINESIS_START_AT", "2018-05-01T12:30:00"), ("KINESIS_CHECKPOINT_VOLUME", "/checkpoints"),
            ("KINESIS_RETRY_TRIES", "7"), ("KINESIS_RETRY_DELAY", "5"), ("KINESIS_RETRY_MAX_DELAY", "30"), ("KINESIS_RETRY_BACKOFF", "1"), ("KINESIS_RETRY_JITTER", "(0, 2)")));
        Assert.Equal(
            ("notifications", "shardId-000000000000", "a", "b", "us-east-1", "https://localhost:4568", false, "/checkpoints"),
            (options.Stream, options.ShardId, options.AccessKey, options.SecretKey, options.Region, options.Endpoint, options.VerifyTls, options.CheckpointFolder));
        Assert.Equal((StartFrom.Time, new DateTimeOffset(2018, 5, 1, 12, 30, 0, TimeSpan.Zero)), (options.Start, options.StartAt));
        Assert.Equal([("KINESIS_START_AT", "2018-05-01T12:30:00")], takenAsUtc); // which the log says
        Assert.Equal(new KinesisRetry { Tries = 7, Delay = TimeSpan.FromSeconds(5), MaxDelay = TimeSpan.FromSeconds(30), Backoff = 1, JitterLeast = TimeSpan.Zero, Jitter = TimeSpan.FromSeconds(2) }, options.Retry);
    }

    [Fact]
    public void Without_arxivs_settings_nothing_changes()
    {
        var (options, before) = (new KinesisOptions(), new KinesisOptions());
        Assert.Empty(ArxivSettings.Apply(options, Configuration()));
        Assert.Equal((before.Start, before.StartAt, before.VerifyTls, before.Retry), (options.Start, options.StartAt, options.VerifyTls, options.Retry));
    }

    [Theory]
    [InlineData("KINESIS_STREAM", "notifications")]
    [InlineData("KINESIS_RETRY_DELAY", "5")]
    public void With_any_of_arxivs_settings_what_is_left_out_of_its_retries_is_as_there(string name, string value)
    {
        var options = new KinesisOptions();
        ArxivSettings.Apply(options, Configuration((name, value)));
        Assert.Equal((5, TimeSpan.FromSeconds(5), 1d, TimeSpan.Zero, null), (options.Retry.Tries, options.Retry.Delay ?? TimeSpan.FromSeconds(5), options.Retry.Backoff, options.Retry.Jitter, options.Retry.MaxDelay));
        ArxivSettings.Apply(options = Read(("Retry:Backoff", "3")), Configuration((name, value), ("Kinesis:Retry:Backoff", "3")));
        Assert.Equal((5, 3d), (options.Retry.Tries, options.Retry.Backoff)); // what the section says stays
    }

    [Theory]
    [InlineData("TRIM_HORIZON", null, StartFrom.Earliest)]
    [InlineData("LATEST", null, StartFrom.Latest)]
    [InlineData("AT_TIMESTAMP", null, StartFrom.Latest)] // now, as there
    [InlineData("AT_TIMESTAMP", "2018-05-01T00:00:00", StartFrom.Time)]
    [InlineData(null, "2018-05-01T00:00:00+02:00", StartFrom.Time)]
    public void Where_to_begin(string? type, string? at, StartFrom expected)
    {
        var options = new KinesisOptions();
        var takenAsUtc = ArxivSettings.Apply(options, Configuration(("KINESIS_START_TYPE", type), ("KINESIS_START_AT", at)));
        Assert.Equal(expected, options.Start);
        Assert.Equal(at is not null && !at.Contains('+', StringComparison.Ordinal), takenAsUtc.Count == 1);
    }

    [Theory]
    [InlineData("KINESIS_START_TYPE", "YESTERDAY")]
    [InlineData("KINESIS_START_AT", "soon")]
    [InlineData("KINESIS_VERIFY", "1")]
    [InlineData("KINESIS_RETRY_TRIES", "x")]
    [InlineData("KINESIS_RETRY_DELAY", "-1")]
    [InlineData("KINESIS_RETRY_JITTER", "1,2,3")]
    public void A_setting_that_means_nothing_is_an_error_that_names_it(string name, string value) =>
        Assert.Contains(name, Assert.Throws<HandlersConfigurationException>(() => ArxivSettings.Apply(new KinesisOptions(), Configuration((name, value)))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_fixed_jitter_is_added_as_it_is()
    {
        var options = new KinesisOptions();
        ArxivSettings.Apply(options, Configuration(("KINESIS_RETRY_JITTER", "1.5")));
        Assert.Equal((TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(1.5)), (options.Retry.JitterLeast, options.Retry.Jitter));
    }

    private static KinesisOptions Read(params (string Key, string? Value)[] values) => KinesisConfiguration.Read(Configuration([.. values.Select(v => ($"Kinesis:{v.Key}", v.Value))]).GetSection("Kinesis"));

    private static void Use(Action<KinesisOptions> configure) => HandlersBuilder.For(new ServiceCollection()).UseKinesis(configure);

    private static IConfigurationRoot Configuration(params (string Key, string? Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => KeyValuePair.Create(v.Key, v.Value))).Build();
}
