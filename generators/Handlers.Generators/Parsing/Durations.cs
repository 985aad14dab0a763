using Handlers.Generators.Analyzers;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>Lengths of time in attributes, as ticks. What is written wrong is found at build time, in the words of configuration.</summary>
internal static class Durations
{
    // A handler that waits longer holds its lane for days: that is what retry topics are for.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    // The longest that timers of .NET take, in whole days.
    private static readonly TimeSpan LongestTopic = TimeSpan.FromDays(49);

    /// <summary>A time that somebody waits out: up to a day. Null where it is not written, or wrong.</summary>
    public static long? Parse(AttributeData attribute, string property, Findings findings, CancellationToken stop, bool isZeroAllowed = false)
    {
        if (attribute.Text(property) is not { } text) return null;
        var isTime = Duration.TryParse(text, out var time);
        if (isTime && time <= LongestWait && (isZeroAllowed || time > TimeSpan.Zero)) return time.Ticks;
        var range = isZeroAllowed ? "at most a day (24h)" : "above 0 and at most a day (24h)";
        findings.Add(Rules.NoDuration, Places.Argument(attribute, property, stop), property, text, isTime ? range : Duration.Allowed);
        return null;
    }

    /// <summary>The delay of a retry topic: above 0.</summary>
    public static long? ParseRetryTopic(string? text, Location? where, Findings findings)
    {
        var isTime = Duration.TryParse(text, out var time);
        if (isTime && time > TimeSpan.Zero && time <= LongestTopic) return time.Ticks;
        findings.Add(Rules.NoDuration, where, "A delay of [RetryTopics]", text ?? "null", isTime ? "above 0 and at most 49 days (49d)" : Duration.Allowed);
        return null;
    }
}
