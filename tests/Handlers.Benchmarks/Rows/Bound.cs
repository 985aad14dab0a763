using System.Globalization;

namespace Handlers.Benchmarks;

/// <summary>A figure that must hold, as it was measured.</summary>
/// <param name="Name">What is compared.</param>
/// <param name="Allowed">What is allowed, for people.</param>
/// <param name="Measured">What was measured, for people; where it could not be, why.</param>
/// <param name="Holds">Whether it is as allowed; null: it could not be measured.</param>
internal sealed record Bound(string Name, string Allowed, string Measured, bool? Holds)
{
    /// <summary>The median, over rounds, of how many times another row's throughput this one has.</summary>
    public static Bound AtLeast(string name, double least, RowFigures mine, RowFigures other)
    {
        if ((mine.Skipped ?? other.Skipped) is { } why) return new(name, Text($">= {least:0.00} x"), why, null);
        var times = mine.Times(other);
        var median = times[(times.Count - 1) / 2]; // of an even number the lower
        return new(name, Text($">= {least:0.00} x"), Text($"{median:0.00} x ({times[0]:0.00} to {times[^1]:0.00})"), median >= least);
    }

    /// <summary>The median of ratios, sorted: how many times as long something takes.</summary>
    public static Bound AtMost(string name, double most, IReadOnlyList<double> ratios)
    {
        var median = ratios[ratios.Count / 2]; // of an even number the upper
        return new(name, Text($"<= {most:0.00} x as long"), Ratios(ratios), median <= most);
    }

    /// <summary>
    /// The same, beside what the machine does by itself in as many stretches of the same run. Where that alone is farther from 1 than the bound, and what is measured is
    /// within the bound of it, nobody can tell.
    /// </summary>
    public static Bound AtMost(string name, double most, IReadOnlyList<double> ratios, IReadOnlyList<double> alone)
    {
        var bound = AtMost(name, most, ratios);
        var machine = alone[alone.Count / 2];
        var canTell = Math.Abs(machine - 1) <= most - 1 || ratios[ratios.Count / 2] > machine * most;
        return bound.Holds == true || canTell ? bound : bound with { Holds = null, Measured = Text($"{bound.Measured}, the machine by itself {machine:0.000} x") };
    }

    /// <summary>A share of something, at most so much.</summary>
    public static Bound ShareAtMost(string name, double most, double share) => new(name, Text($"<= {most:0 %}"), Text($"{share:0.00 %}"), share <= most);

    /// <summary>Ratios, sorted, for people.</summary>
    public static string Ratios(IReadOnlyList<double> ratios) =>
        Text($"{ratios[ratios.Count / 2]:0.000} x ({ratios[ratios.Count / 4]:0.00} to {ratios[ratios.Count * 3 / 4]:0.00}, the middle half of {ratios.Count})");

    /// <summary>Bytes of managed memory a message beside what the payload itself takes.</summary>
    public static Bound Below(string name, double most, RowFigures mine, double own)
    {
        var median = mine.Median(static p => p.BytesOfOne);
        return new(name, Text($"< {most:0} B/msg"), own > 0 ? Text($"{median - own:0.00} B/msg ({median:0.00}, the payload itself {own:0.00})") : Text($"{median:0.00} B/msg"), median - own < most);
    }

    /// <summary>Prints them, and returns whether every one holds that could be measured.</summary>
    public static bool AllHold(IReadOnlyList<Bound> bounds)
    {
        foreach (var bound in bounds) Console.WriteLine(bound);
        return bounds.All(static b => b.Holds != false);
    }

    public override string ToString() => $"{Name}: {Measured}, {Allowed}: {Holds switch { true => "holds", false => "does not hold", null => "not measured" }}";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
