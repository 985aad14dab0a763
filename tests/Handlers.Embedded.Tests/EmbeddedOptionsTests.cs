using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Embedded.Tests;

public sealed class EmbeddedOptionsTests
{
    private static EmbeddedOptions Read(params (string Key, string? Value)[] values) => EmbeddedConfiguration.Read(
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => KeyValuePair.Create($"Log:{v.Key}", v.Value))).Build().GetSection("Log"));

    [Fact]
    public void Configuration_sets_every_option()
    {
        var options = Read(
            ("folder", "./data"), ("Partitions", "8"), ("LeaseTime", "00:00:30"), ("PollInterval", "00:00:00.050"), ("BusyTimeout", "00:00:02"),
            ("RetentionAge", "7.00:00:00"), ("RetentionBytes", "1000"), ("RetentionInterval", "00:01:00"), ("Durability", "processloss"),
            ("OnLostPosition", "Earliest"), ("Topics:orders:Partitions", "2"), ("Topics:orders:RetentionAge", "01:00:00"), ("Topics:orders:RetentionBytes", "5"));
        EmbeddedOptionsCheck.Check(options);
        Assert.Equal(("./data", 8, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2)),
            (options.Folder, options.Partitions, options.LeaseTime, options.PollInterval, options.BusyTimeout));
        Assert.Equal((TimeSpan.FromDays(7), 1000L, TimeSpan.FromMinutes(1), Durability.ProcessLoss, LostPosition.Earliest),
            (options.RetentionAge, options.RetentionBytes, options.RetentionInterval, options.Durability, options.OnLostPosition));
        Assert.Equal((2, TimeSpan.FromHours(1), 5L), (options.PartitionsOf("orders"), options.AgeOf("orders"), options.BytesOf("orders")));
        Assert.Equal((8, TimeSpan.FromDays(7), 1000L), (options.PartitionsOf("other"), options.AgeOf("other"), options.BytesOf("other")));
    }

    [Theory]
    [InlineData("LeasTime", "00:00:30", "Log:LeasTime", "LeaseTime")]
    [InlineData("Topics:orders:Partition", "3", "Log:Topics:orders:Partition", "Partitions")]
    [InlineData("Partitions", "many", "Log:Partitions", "'many'")]
    [InlineData("LeaseTime", "soon", "Log:LeaseTime", "'soon'")]
    [InlineData("Durability", "Full", "Log:Durability", "PowerLoss, ProcessLoss")]
    public void What_configuration_gets_wrong_is_named(string key, string value, string path, string hint)
    {
        var error = Assert.Throws<HandlersConfigurationException>(() => Read((key, value)));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_out_of_bounds_is_named_at_once()
    {
        var options = new EmbeddedOptions
        {
            Partitions = 0,
            LeaseTime = TimeSpan.Zero,
            PollInterval = TimeSpan.FromMinutes(1),
            BusyTimeout = TimeSpan.Zero,
            RetentionAge = TimeSpan.Zero,
            RetentionBytes = -1,
            RetentionInterval = TimeSpan.Zero,
            Durability = (Durability)9,
            OnLostPosition = (LostPosition)9,
        };
        options.Topics["a\tb"] = new EmbeddedTopicOptions { Partitions = 20_000 };
        var error = Assert.Throws<HandlersConfigurationException>(() => EmbeddedOptionsCheck.Check(options));
        foreach (var name in (string[])["Folder", "Partitions", "LeaseTime", "PollInterval", "BusyTimeout", "RetentionAge", "RetentionBytes", "RetentionInterval", "Durability", "OnLostPosition", "U+0009", "20000"])
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_builder_takes_it_once_under_each_name()
    {
        var builder = HandlersBuilder.For(new ServiceCollection()).UseEmbedded("./data").UseEmbedded(o => o.Folder = "./other", "second");
        var section = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Log:Folder", (string?)"./third")]).Build().GetSection("Log");
        builder.UseEmbedded(section, "third");
        Assert.Throws<HandlersConfigurationException>(() => builder.UseEmbedded("./data"));
        Assert.Throws<HandlersConfigurationException>(() => builder.UseEmbedded("", "fourth"));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData(" \t", "empty")]
    [InlineData("a\nb", "U+000A")]
    public void A_topic_name_that_cannot_be_is_said_why(string name, string why) =>
        Assert.Contains(why, TopicName.Error(name), StringComparison.Ordinal);
}
