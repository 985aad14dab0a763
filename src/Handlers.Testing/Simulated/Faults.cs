namespace Handlers.Testing;

/// <summary>What goes wrong between a process and the broker: probabilities of 0 to 1.</summary>
internal sealed record Faults
{
    public static Faults None { get; } = new();

    /// <summary>A position is left out.</summary>
    public double Gap { get; init; }

    /// <summary>A read waits although there are messages.</summary>
    public double SlowRead { get; init; }

    /// <summary>A read ends the subscription.</summary>
    public double FailedRead { get; init; }

    /// <summary>A call to the broker takes its time.</summary>
    public double SlowCall { get; init; }

    /// <summary>A call takes many seconds.</summary>
    public double HungCall { get; init; }

    /// <summary>A call fails for a moment, before the broker has done anything.</summary>
    public double FailedCall { get; init; }

    /// <summary>A call fails for a moment, and the broker has done it all the same.</summary>
    public double FailedReply { get; init; }

    /// <summary>A call fails for good.</summary>
    public double BrokenCall { get; init; }

    /// <summary>As much as this schedule gets.</summary>
    public static Faults Of(Chance chance)
    {
        var much = chance.Pick([0.0, 0.3, 1.0, 2.0]);
        return new Faults
        {
            Gap = chance.Pick([0, 0.05, 0.3]),
            SlowRead = 0.1 * much,
            FailedRead = 0.0005 * much,
            SlowCall = chance.Pick([0, 0.2, 0.8]),
            HungCall = 0.01 * much,
            FailedCall = 0.04 * much,
            FailedReply = 0.04 * much,
            BrokenCall = 0.001 * much,
        };
    }
}
