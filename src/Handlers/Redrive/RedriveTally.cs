namespace Handlers;

/// <summary>What the lanes of a redrive have in common: counts, and the limit.</summary>
internal sealed class RedriveTally(long? limit, IProgress<RedriveProgress>? progress)
{
    private const int MostPositions = 100;

    private readonly Lock gate = new();
    private readonly List<string> withoutOriginAt = []; // guarded by gate, as all below
    private RedriveProgress counts;
    private long taken;

    /// <summary>Whether as many letters as there may be are put back or under way.</summary>
    public bool IsFull
    {
        get
        {
            lock (gate) return taken >= limit;
        }
    }

    public RedriveResult Result
    {
        get
        {
            lock (gate) return new(counts.Read, counts.PutBack, counts.Left, counts.WithoutOrigin) { WithoutOriginAt = [.. withoutOriginAt] };
        }
    }

    /// <summary>Before a letter is put back. False: the limit is reached.</summary>
    public bool TryTake()
    {
        lock (gate)
        {
            if (taken >= limit) return false;
            taken++;
            return true;
        }
    }

    /// <summary>A lane knows how many letters it has.</summary>
    public void Expect(long letters)
    {
        lock (gate) counts = counts with { ToRead = counts.ToRead + letters };
    }

    /// <summary>Letters are put back or left for good.</summary>
    public void Count(long putBack, long left, IReadOnlyList<string> withoutOrigin)
    {
        RedriveProgress now;
        lock (gate)
        {
            var read = putBack + left + withoutOrigin.Count;
            now = counts = new(
                counts.Read + read, counts.PutBack + putBack, counts.Left + left, counts.WithoutOrigin + withoutOrigin.Count, Math.Max(0, counts.ToRead - read));
            withoutOriginAt.AddRange(withoutOrigin.Take(MostPositions - withoutOriginAt.Count));
        }

        progress?.Report(now);
    }
}
