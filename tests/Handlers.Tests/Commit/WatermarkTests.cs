using FsCheck;
using FsCheck.Fluent;

namespace Handlers.Tests;

public sealed class WatermarkTests
{
    [Fact]
    public void It_never_passes_a_gap()
    {
        var watermark = new Watermark();
        var first = watermark.Receive([At(10), At(13), At(20)]);
        watermark.Complete(first + 2);
        Assert.False(watermark.TryTake(out _, out _));

        watermark.Complete(first);
        Assert.True(watermark.TryTake(out var position, out _));
        Assert.Equal(new Position(10), position);

        watermark.Complete(first + 1);
        Assert.True(watermark.TryTake(out position, out _));
        Assert.Equal(new Position(20), position);
    }

    [Fact]
    public void It_is_taken_once()
    {
        var watermark = new Watermark();
        watermark.Complete(watermark.Receive([At(1)]));
        Assert.True(watermark.TryTake(out _, out _));
        Assert.False(watermark.TryTake(out _, out _));
    }

    [Fact]
    public void A_late_completion_of_an_old_epoch_counts_for_nothing()
    {
        var watermark = new Watermark();
        var ticket = watermark.Receive([At(1)]);
        watermark.Close();
        Assert.False(watermark.Complete(ticket));
        Assert.False(watermark.TryTake(out _, out _));
    }

    /// <summary>parallel-consumer#826: committing the highest seen loses data.</summary>
    [Fact]
    public void Whatever_the_order_of_completion_it_is_the_last_of_the_contiguous_ones()
    {
        var cases = from gaps in Gen.Choose(1, 9).NonEmptyListOf()
                    from batches in Gen.Choose(1, 70).NonEmptyListOf()
                    from seed in Gen.Choose(0, int.MaxValue)
                    select (gaps: gaps.ToArray(), batches: batches.ToArray(), seed);

        Prop.ForAll(cases.ToArbitrary(), c => Check(c.gaps, c.batches, c.seed)).QuickCheckThrowOnFailure();
    }

    /// <summary>Receives in batches, completes in random order in between, and compares with a model that looks at everything.</summary>
    private static bool Check(int[] gaps, int[] batches, int seed)
    {
#pragma warning disable CA5394 // a test's order, not a secret
        var random = new Random(seed);
        var watermark = new Watermark();
        var positions = new List<long>();
        var done = new List<bool>();
        var open = new List<int>();
        long? taken = null;
        var next = 0L;
        foreach (var size in batches)
        {
            var batch = new Message[size];
            for (var i = 0; i < size; i++)
            {
                next += gaps[(positions.Count + i) % gaps.Length];
                batch[i] = At(next);
            }

            var ticket = (int)watermark.Receive(batch);
            if (ticket != positions.Count) return false;
            open.AddRange(Enumerable.Range(ticket, size));
            positions.AddRange(batch.Select(m => m.Position.Number));
            done.AddRange(new bool[size]);

            for (var i = random.Next(size * 2); i > 0 && open.Count > 0; i--)
            {
                var at = random.Next(open.Count);
                done[open[at]] = true;
                watermark.Complete(open[at]);
                open.RemoveAt(at);
                if (watermark.TryTake(out var position, out _)) taken = position.Number;
                var contiguous = done.TakeWhile(d => d).Count();
                if (taken != (contiguous == 0 ? null : positions[contiguous - 1])) return false;
                if (watermark.Uncommitted != positions.Count - contiguous) return false;
            }
        }
#pragma warning restore CA5394
        return true;
    }

    private static Message At(long position) => new() { Position = new Position(position) };
}
