using System.Text.RegularExpressions;

namespace Handlers;

/// <summary>
/// A pattern of topics, in the place of a topic's name: what begins with <c>^</c>, as Kafka's clients have it. It stands for every topic whose
/// whole name it matches, as a regular expression of .NET: <c>^orders\..*</c>. Topics of a broker's own, whose names begin with <c>__</c>, are
/// matched only where the pattern begins so too.
/// </summary>
/// <remarks>
/// Brokers and their clients disagree on the syntax and on whether a part of a name is enough. So transports match with this, and a pattern
/// means the same at build time, in tests and on every broker.
/// </remarks>
public sealed class TopicPattern
{
    private const string Mark = "^";
    private const string Own = "__";

    /// <summary>A name has few characters: whatever takes longer is a pattern that goes back and forth without end.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly Regex regex;
    private readonly bool takesOwn;

    /// <exception cref="ArgumentException">It is no pattern; the message says why.</exception>
    public TopicPattern(string pattern)
    {
        if (WhyNot(pattern) is { } why) throw new ArgumentException(why, nameof(pattern));
        regex = Whole(pattern);
        takesOwn = pattern.StartsWith(Mark + Own, StringComparison.Ordinal);
    }

    /// <summary>Whether it is meant as a pattern.</summary>
    public static bool IsPattern(string? topic) => topic?.StartsWith(Mark, StringComparison.Ordinal) == true;

    /// <summary>What is wrong with a pattern, for people; null where nothing is.</summary>
    public static string? WhyNot(string pattern)
    {
        if (!IsPattern(pattern)) return "it does not begin with '^'";
        try
        {
            _ = new Regex(pattern); // by itself, so that what is said of it is in its own words
            _ = Whole(pattern);
            return null;
        }
        catch (ArgumentException e)
        {
            return e.Message.TrimEnd('.');
        }
    }

    /// <summary>Whether a topic's name, or the pattern that stands in its place, stands for this topic. False for what is no pattern.</summary>
    public static bool Reads(string topicOrPattern, string topic) =>
        topicOrPattern == topic || (IsPattern(topicOrPattern) && WhyNot(topicOrPattern) is null && new TopicPattern(topicOrPattern).Matches(topic));

    /// <summary>Whether it stands for the topic.</summary>
    /// <exception cref="RegexMatchTimeoutException">It takes longer than a second, by going back and forth.</exception>
    public bool Matches(string topic) => (takesOwn || !topic.StartsWith(Own, StringComparison.Ordinal)) && regex.IsMatch(topic);

    private static Regex Whole(string pattern) => new(@"\A(?:" + pattern + @")\z", RegexOptions.CultureInvariant, Longest);
}
