using FsCheck;
using FsCheck.Fluent;

namespace Handlers.Tests;

public sealed class DurationsTests
{
    /// <summary>As its SDK does: the first bound that is not below the value; behind the last there is one bucket more.</summary>
    [Fact]
    public void Every_value_falls_into_the_bucket_that_OpenTelemetry_gives_it()
    {
        double[][] all = [DurationBounds.Conventional, DurationBounds.Fine, DurationBounds.Ages, DurationBounds.Baseplate, []];
        Prop.ForAll<int, double>((which, any) =>
        {
            var bounds = all[Math.Abs(which % all.Length)];
            double[] values = [any, Math.Abs(any) % 1e-4, Math.Abs(any) % 20, .. bounds, .. bounds.Select(Math.BitIncrement), .. bounds.Select(Math.BitDecrement), 0, double.PositiveInfinity];
            return values.Where(static v => !double.IsNaN(v)).All(value => DurationBounds.IndexOf(bounds, value) == bounds.TakeWhile(b => b < value).Count());
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Bounds_ascend()
    {
        foreach (var bounds in new[] { DurationBounds.Conventional, DurationBounds.Fine, DurationBounds.Ages, DurationBounds.Baseplate })
            Assert.Equal(bounds.Distinct().Order(), bounds);
    }

    [Fact]
    public void What_stands_for_several_counts_as_many_times()
    {
        var durations = new Durations([0.001, 1]);
        durations.Add(0.0005, 30);
        durations.Add(0.001, 2);
        durations.Add(5, 1);
        var read = durations.Read();
        Assert.Equal([32, 0, 1], read.Counts);
        Assert.Equal(33, read.Count);
        Assert.Equal(5.017, read.Sum, 9);
    }

    [Fact]
    public void Series_are_found_by_what_their_labels_say_and_go_with_their_lane()
    {
        var tally = new Tally(MetricTable.Consumed);
        tally.Count(1, Labels("0"));
        Assert.Empty(tally.Read()); // nothing is kept before it is asked for
        tally.IsKept = true;
        tally.Count(1, Labels("0"));
        tally.Count(2, Labels("0"));
        tally.Count(4, Labels("0").With(new KeyValuePair<string, object?>("error.type", "E")));
        tally.Count(8, Labels("01"));
        Assert.Equal([3, 4, 8], tally.Read().Select(static s => s.Value).Order());
        tally.Forget(Labels("0"));
        Assert.Equal([8], tally.Read().Select(static s => s.Value));

        static MetricLabels Labels(string partition) => new(new("topic", "t"), new("partition", partition));
    }
}
