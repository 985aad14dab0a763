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

    /// <summary>An age of 56 years is what a field in seconds comes to where milliseconds are wanted.</summary>
    [Fact]
    public void A_sum_only_grows_however_long_it_all_took()
    {
        var durations = new Durations([1]);
        var before = 0.0;
        for (var i = 0; i < 100; i++)
        {
            durations.Add(1.79e9, 64);
            Assert.True(durations.Read().Sum > before);
            before = durations.Read().Sum;
        }

        Assert.Equal(6400 * 1.79e9, before, 1.0);
    }

    [Fact]
    public void What_several_threads_add_at_once_is_all_there()
    {
        var durations = new Durations([1]);
        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 10_000; i++) durations.Add(0.25, 2);
        });
        var read = durations.Read();
        Assert.Equal((80_000, 20_000), (read.Count, read.Sum));
    }

    [Fact]
    public void What_ended_lanes_counted_stays_in_what_is_added_up_over_lanes()
    {
        var (reads, times) = (new Tally(MetricTable.Consumed) { IsKept = true }, new Tally(MetricTable.OperationDuration) { IsKept = true });
        foreach (var (lane, messages) in new[] { ("0", 3), ("1", 4) })
        {
            reads.Count(messages, Labels(lane));
            times.Add(2, 1, Labels(lane));
        }

        foreach (var lane in (string[])["0", "1", "0"]) // the last once more: what has ended counts once
        {
            reads.Forget(Labels(lane));
            times.Forget(Labels(lane));
            Assert.Equal(7, reads.Read(endedLanes: true).Sum(static s => s.Value));
            Assert.Equal((2, 4), (times.Read(endedLanes: true).Sum(static s => s.Buckets!.Count), times.Read(endedLanes: true).Sum(static s => s.Buckets!.Sum)));
        }

        Assert.Empty(reads.Read());
        Assert.Equal("t", Assert.Single(Assert.Single(reads.Read(endedLanes: true)).Labels).Value);

        static MetricLabels Labels(string partition) => new(new(TelemetryTags.Destination, "t"), new(TelemetryTags.Partition, partition));
    }

    [Fact]
    public async Task What_is_counted_while_its_lane_ends_is_not_lost()
    {
        const int Times = 200_000;
        var tally = new Tally(MetricTable.OperationDuration) { IsKept = true };
        var labels = new MetricLabels(new(TelemetryTags.Destination, "t"), new(TelemetryTags.Partition, "0"));
        var workers = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Times; i++) tally.Add(0.25, 1, labels);
        })));
        var before = 0L;
        while (!workers.IsCompleted)
        {
            tally.Forget(labels);
            var now = Total();
            Assert.InRange(now, before, 2 * Times);
            before = now;
        }

        await workers;
        Assert.Equal(2 * Times, Total());
        Assert.Equal(Times / 2.0, tally.Read(endedLanes: true).Sum(static s => s.Value));

        long Total() => tally.Read(endedLanes: true).Sum(static s => s.Buckets!.Count);
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
