namespace Handlers;

/// <summary>
/// The cells of ordering x commit x failure that promise what cannot hold. The generator refuses them at build time; configuration can
/// still make one.
/// </summary>
internal static class DeliveryCheck
{
    /// <summary>As long as the retry library keeps one.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(1);

    /// <summary>The longest that timers of .NET take, in whole days.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    public static void Check(CatalogHandler handler, List<string> errors)
    {
        var settings = handler.Settings;
        var lists = handler.Registration.TakesLists;
        var ordered = settings.Ordering != Ordering.None;
        When(settings.Commit == Commit.EachMessage && (settings.Ordering != Ordering.Lane || lists),
            $"commits each message before the next, which has no meaning with {(lists ? "lists of messages" : $"Ordering.{settings.Ordering}")}. Use Commit.Watermark{(lists ? "" : ", or Ordering.Lane")}");
        When(settings.Commit == Commit.Transaction && (!ordered || lists),
            $"commits transactions, which take {(lists ? "single messages, not lists. Take single messages, or" : "messages in an order. Use Ordering.Lane or Ordering.Key, or")} Commit.Watermark");
        When(settings.Commit == Commit.OnRead && (settings.OnFailure == FailedHandler.Stop || settings.OnInvalid == InvalidMessage.Stop),
            $"commits on read and so cannot stop on a message: it is committed already. Set Handlers:{handler.Registration.Name}:OnFailure to Skip (and OnInvalid), or choose another Commit");
        When(settings.Commit == Commit.OnRead && settings.OnUnmatched == UnmatchedType.Stop, "commits on read and so cannot stop on a message of an unknown type: it is committed already. Set OnUnmatched to Skip, or choose another Commit");
        When(settings.Commit == Commit.OnRead && (settings.Retry is not null || settings.RetryTopics.Count > 0), "handles at most once, and a retry is a second time. Drop the retries, or choose another Commit");
        When(settings.RetryTopics.Count > 0 && ordered, $"has retry topics, which break the order that Ordering.{settings.Ordering} promises. Use Ordering.None, or [Retry], which waits in place");
        When(lists && settings.Ordering == Ordering.Key, "takes lists of messages, which have many keys: there is no order by key. Use Ordering.Lane or Ordering.None");
        When(settings.DeadLetter is null && (settings.OnFailure == FailedHandler.DeadLetter || settings.OnInvalid == InvalidMessage.DeadLetter || settings.OnUnmatched == UnmatchedType.DeadLetter),
            "is to dead-letter messages and names no topic for them. Add [DeadLetter(\"...\")], or DeadLetter in its configuration");
        When(settings.DeadLetter is { } letters && TopicPattern.Reads(settings.Topic, letters), $"dead-letters to '{settings.DeadLetter}', which it reads itself{(TopicPattern.IsPattern(settings.Topic) ? $" by the pattern '{settings.Topic}'" : "")}. Name another topic");
        When(settings.RetryTopics.Count > 0 && TopicPattern.IsPattern(settings.Topic), "has retry topics and reads a pattern of topics: each topic would need retry topics of its own, and nobody makes those of a topic that comes later. Use [Retry], which waits in place, or dead letters");
        When(settings.RetryTopics.Any(t => GroupTopic.RetryTopic(settings.Topic, settings.Group!, t) == settings.DeadLetter), $"dead-letters to '{settings.DeadLetter}', a retry topic of its own. Name another topic");
        When(settings.RetryTopics.Distinct().Count() < settings.RetryTopics.Count, "names a pause of its retry topics twice: each pause has one topic");
        When(settings.RetryTopics.Any(t => t <= TimeSpan.Zero), "has a retry topic without a pause. Each pause is longer than zero");
        When(settings.RetryTopics.Any(t => t > LongestTimer), $"has a retry topic with a pause of more than {LongestTimer.Days} days. Name a shorter one");
        When(settings.Concurrency is < 1 or > 100_000, $"has a Concurrency of {settings.Concurrency}, which is not from 1 to 100000");
        When(settings.BatchSize is < 1 or > 100_000, $"has a BatchSize of {settings.BatchSize}, which is not from 1 to 100000");
        When(settings.BatchTime <= TimeSpan.Zero || settings.BatchTime > LongestTimer, $"has a BatchTime of {settings.BatchTime:c}. It is longer than zero and at most {LongestTimer.Days} days");
        When(lists && handler.Registration.MessageType is not null, "takes lists of messages and one message type: lists are not told apart by type. Drop the MessageType, or take single messages");
        if (settings.Retry is { } retry) CheckRetry($"Handler '{handler.Registration.Name}'", retry, errors);

        void When(bool holds, string what)
        {
            if (holds) errors.Add($"Handler '{handler.Registration.Name}' {what}.");
        }
    }

    /// <summary>What the retry library does not take.</summary>
    public static void CheckRetry(string whose, RetrySettings retry, List<string> errors)
    {
        if (retry.Delay > LongestPause || retry.MaxDelay > LongestPause || retry.Delay > retry.MaxDelay)
            errors.Add($"{whose} waits for {retry.Delay:c} up to {retry.MaxDelay:c} between attempts. The first pause (Delay) is no longer than the longest (MaxDelay), and both are at most a day: raise MaxDelay, or lower Delay.");
        if (retry.Attempts is < 2 or > 1000) errors.Add($"{whose} is called {retry.Attempts} times in all by its retry, which is not from 2 to 1000.");
    }
}
