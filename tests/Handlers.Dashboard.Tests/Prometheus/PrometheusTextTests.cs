using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Handlers.Dashboard.Tests.Prometheus;

/// <summary>What the writer writes, read by the strict parser.</summary>
public sealed class PrometheusTextTests
{
    [Theory]
    [InlineData("messaging.process.duration", "s", MetricKind.Histogram, "messaging_process_duration_seconds")]
    [InlineData("messaging.client.consumed.messages", "{message}", MetricKind.Counter, "messaging_client_consumed_messages_total")]
    [InlineData("handlers.lane.in_flight", "{message}", MetricKind.Gauge, "handlers_lane_in_flight")]
    [InlineData("handlers.lane.oldest.age", "s", MetricKind.Gauge, "handlers_lane_oldest_age_seconds")]
    [InlineData("kafka_consumer_messages_processed_total", "", MetricKind.Counter, "kafka_consumer_messages_processed_total")]
    [InlineData("kafka_consumer_message_processing_time_seconds", "s", MetricKind.Histogram, "kafka_consumer_message_processing_time_seconds")]
    [InlineData("read.bytes", "By", MetricKind.Counter, "read_bytes_total")]
    [InlineData("share", "1", MetricKind.Gauge, "share_ratio")]
    [InlineData("9lives", "", MetricKind.Gauge, "_9lives")]
    public void A_name_has_its_unit_once_and_total_last(string name, string unit, MetricKind kind, string expected) =>
        Assert.Equal(expected, PrometheusNames.Of(new MetricFamily(name, unit, "", kind, [])));

    [Fact]
    public void Families_are_ordered_and_each_is_there_once()
    {
        var families = Read(Gauge("b", Series(2, ("x", "1"))), Gauge("a", Series(1)), Gauge("b", Series(3, ("x", "2"))));
        Assert.Equal(["a", "b"], families.Select(f => f.Name));
        Assert.Equal([2, 3], families[1].Samples.Select(s => s.Value));
    }

    [Fact]
    public void Buckets_are_added_up_and_end_with_the_count()
    {
        var family = Assert.Single(Read(new MetricFamily("d", "s", "How long.", MetricKind.Histogram, [Series(0, ("of", "x")) with { Buckets = new([1e-6, 0.005, 1], [3, 0, 4, 2], 7.5) }])));
        Assert.Equal(["1e-06", "0.005", "1.0", "+Inf"], family.Samples.Where(s => s.Name == "d_seconds_bucket").Select(s => s.Label("le")));
        Assert.Equal([3, 3, 7, 9, 7.5, 9], family.Samples.Select(s => s.Value));
    }

    [Fact]
    public void Values_are_read_back_as_they_were()
    {
        double[] values = [0, 0.1, 1e-300, 1.7976931348623157E+308, double.PositiveInfinity, double.NegativeInfinity, double.NaN, -5, 123456789012345680];
        var family = Assert.Single(Read(Gauge("v", [.. values.Select((v, i) => Series(v, ("i", $"{i}")))])));
        Assert.Equal(values, family.Samples.Select(s => s.Value));
    }

    [Fact]
    public void The_same_labels_are_one_series()
    {
        var families = Read(
            new MetricFamily("n", "", "", MetricKind.Counter, [Series(1, ("a", "x"), ("b", "y")), Series(2, ("b", "y"), ("a", "x"))]),
            new MetricFamily("age", "s", "", MetricKind.Gauge, [Series(5), Series(3)]),
            new MetricFamily("d", "s", "", MetricKind.Histogram, [Series(0) with { Buckets = new([1], [1, 2], 3) }, Series(0) with { Buckets = new([1], [10, 20], 30) }]));
        Assert.Equal(5, families.Single(f => f.Name == "age_seconds").Samples[0].Value);
        Assert.Equal([11, 33, 33, 33], families.Single(f => f.Name == "d_seconds").Samples.Select(s => s.Value));
        Assert.Equal(3, families.Single(f => f.Name == "n_total").Samples[0].Value);
    }

    [Fact]
    public void A_label_can_be_left_out()
    {
        var family = Assert.Single(Read("lane", Gauge("lag", Series(1, ("lane", "0"), ("topic", "t")), Series(2, ("lane", "1"), ("topic", "t")))));
        var sample = Assert.Single(family.Samples);
        Assert.Equal(("topic=t", 3), (sample.Key(), sample.Value));
    }

    /// <summary>Added up, they would be the position of no message.</summary>
    [Fact]
    public void Without_lanes_a_position_is_the_highest()
    {
        var watermark = Gauge("handlers.lane.watermark", Series(7, ("lane", "0"), ("topic", "t")), Series(40, ("lane", "1"), ("topic", "t")), Series(9, ("lane", "2"), ("topic", "t"))) with { Unit = "{position}" };
        Assert.Equal(40, Assert.Single(Assert.Single(Read("lane", watermark)).Samples).Value);
    }

    [Fact]
    public void Any_text_comes_back_as_it_was() => Prop.ForAll(ArbMap.Default.ArbFor<string>().Filter(t => t is not null), text =>
    {
        var family = Assert.Single(Read(new MetricFamily("t", "", text, MetricKind.Gauge, [Series(1, ("of", text), ("__own", text), ("with-dash", text))])));
        // A carriage return has no escape in this format, so it becomes a space.
        var expected = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\r', ' ');
        var sample = Assert.Single(family.Samples);
        Assert.Equal(expected, family.Help);
        Assert.All([sample.Label("of"), sample.Label("label__own"), sample.Label("with_dash")], label => Assert.Equal(expected, label));
    }).QuickCheckThrowOnFailure();

    private static MetricFamily Gauge(string name, params MetricSeries[] series) => new(name, "", "What it says.", MetricKind.Gauge, series);

    private static MetricSeries Series(double value, params (string Name, string Value)[] labels) => new([.. labels.Select(l => KeyValuePair.Create(l.Name, l.Value))], value);

    private static IReadOnlyList<Family> Read(params MetricFamily[] families) => Read(null, families);

    private static IReadOnlyList<Family> Read(string? without, params MetricFamily[] families)
    {
        var text = new ArrayBufferWriter<byte>();
        foreach (var _ in PrometheusText.Write(text, families, without))
        {
        }

        return StrictParser.Parse(Encoding.UTF8.GetString(text.WrittenSpan));
    }
}
