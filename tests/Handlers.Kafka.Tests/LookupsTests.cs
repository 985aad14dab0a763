using Confluent.Kafka;

namespace Handlers.Kafka.Tests;

public sealed class LookupsTests
{
    /// <summary>-1 and -2 would be the end and the beginning of the partition.</summary>
    [Theory]
    [InlineData("1969-12-31T23:59:59.999Z", 0), InlineData("1969-12-31T23:59:59.998Z", 0), InlineData("0001-01-01T00:00:00Z", 0)]
    [InlineData("1970-01-01T00:00:00.005Z", 5), InlineData("1970-01-01T00:00:00.0050001Z", 6)]
    public void A_time_is_asked_for_in_whole_milliseconds_from_1970_on(string time, long milliseconds) =>
        Assert.Equal(milliseconds, Lookups.AtOrAfter(new TopicPartition("topic", 0), DateTimeOffset.Parse(time, null)).Timestamp.UnixTimestampMs);
}
