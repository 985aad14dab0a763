namespace Handlers.Dashboard.Tests.Prometheus;

/// <summary>The parser of the tests refuses what it is there to refuse.</summary>
public sealed class StrictParserTests
{
    private const string Good = "# HELP a_total All of it.\n# TYPE a_total counter\na_total{of=\"x\"} 1\n";

    [Fact]
    public void A_good_text_is_read()
    {
        var family = Assert.Single(StrictParser.Parse(Good));
        Assert.Equal(("a_total", "counter", "All of it."), (family.Name, family.Type, family.Help));
        Assert.Equal("x", Assert.Single(family.Samples).Label("of"));
    }

    [Theory]
    [InlineData("carriage return", "# HELP a_total x\r\n# TYPE a_total counter\r\na_total 1\r\n")]
    [InlineData("last line", "# HELP a_total x\n# TYPE a_total counter\na_total 1")]
    [InlineData("before its TYPE", "a_total 1\n")]
    [InlineData("no HELP", "# TYPE a_total counter\na_total 1\n")]
    [InlineData("no TYPE", "# HELP a_total x\n# HELP b_total x\n# TYPE b_total counter\nb_total 1\n")]
    [InlineData("comes back", Good + "# HELP b x\n# TYPE b gauge\nb 1\n" + Good)]
    [InlineData("among those", Good + "b 1\n")]
    [InlineData("twice", Good + "a_total{of=\"x\"} 2\n")]
    [InlineData("is there twice", "# HELP a x\n# TYPE a gauge\na{of=\"x\",of=\"y\"} 1\n")]
    [InlineData("no name of a metric", "# HELP a-b x\n# TYPE a-b gauge\na-b 1\n")]
    [InlineData("no name of a metric", "# HELP 1a x\n# TYPE 1a gauge\n1a 1\n")]
    [InlineData("no name of a label", "# HELP a x\n# TYPE a gauge\na{__of=\"x\"} 1\n")]
    [InlineData("no name of a label", "# HELP a x\n# TYPE a gauge\na{o.f=\"x\"} 1\n")]
    [InlineData("no escape", "# HELP a x\n# TYPE a gauge\na{of=\"\\t\"} 1\n")]
    [InlineData("no escape", "# HELP a \\\"\n# TYPE a gauge\na 1\n")]
    [InlineData("no end", "# HELP a x\n# TYPE a gauge\na{of=\"x} 1\n")]
    [InlineData("comma", "# HELP a x\n# TYPE a gauge\na{of=\"x\",} 1\n")]
    [InlineData("timestamp", "# HELP a x\n# TYPE a gauge\na 1 1700000000000\n")]
    [InlineData("no value", "# HELP a x\n# TYPE a gauge\na 1,5\n")]
    [InlineData("no value", "# HELP a x\n# TYPE a gauge\na Infinity\n")]
    [InlineData("no type", "# HELP a x\n# TYPE a distribution\na 1\n")]
    [InlineData("empty", Good + "\n# HELP b x\n# TYPE b gauge\nb 1\n")]
    [InlineData("comment", "# by hand\n" + Good)]
    [InlineData("_total", "# HELP a x\n# TYPE a counter\na 1\n")]
    [InlineData("below zero", "# HELP a_total x\n# TYPE a_total counter\na_total -1\n")]
    [InlineData("no sample", "# HELP a x\n# TYPE a gauge\n")]
    [InlineData("+Inf", "# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n")]
    [InlineData("is not _count", "# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n")]
    [InlineData("added up", "# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 3\nh_bucket{le=\"2\"} 1\nh_bucket{le=\"+Inf\"} 3\nh_sum 1\nh_count 3\n")]
    [InlineData("ascend", "# HELP h x\n# TYPE h histogram\nh_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n")]
    [InlineData("lacks", "# HELP h x\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\n")]
    [InlineData("label le", "# HELP h x\n# TYPE h histogram\nh_bucket 1\nh_sum 1\nh_count 1\n")]
    public void A_bad_text_is_refused(string rule, string text) => Assert.Contains(rule, Assert.Throws<FormatException>(() => StrictParser.Parse(text)).Message, StringComparison.Ordinal);
}
