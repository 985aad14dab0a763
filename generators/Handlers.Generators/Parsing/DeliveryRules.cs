using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>The cells of the table ordering x commit x failure that have no meaning.</summary>
internal static class DeliveryRules
{
    public static void Check(IMethodSymbol method, AttributeData attribute, SettingsModel settings, BatchShape batch, Findings findings, CancellationToken stop)
    {
        var (ordering, commit) = (settings.EffectiveOrdering, settings.EffectiveCommit);
        var retry = method.Attribute("Handlers", "RetryAttribute");
        var topics = method.Attribute("Handlers", "RetryTopicsAttribute");

        // Of a batch that commits each message there is a rule that says more.
        if (commit == "EachMessage" && ordering != "Lane" && batch == BatchShape.None)
            findings.Add(Rules.EachMessageWithoutOrder, Places.Argument(attribute, "Commit", stop, otherwise: Places.Argument(attribute, "Ordering", stop)), ordering);

        if (commit == "OnRead")
        {
            foreach (var (property, value) in new[] { ("OnFailure", settings.OnFailure), ("OnInvalid", settings.OnInvalid), ("OnUnmatched", settings.OnUnmatched) })
                if (value == "Stop") findings.Add(Rules.OnReadCannotStop, Places.Argument(attribute, property, stop), property);
            if (retry is not null) findings.Add(Rules.OnReadRetries, Places.Attribute(retry, stop), "Retry");
            if (topics is not null) findings.Add(Rules.OnReadRetries, Places.Attribute(topics, stop), "RetryTopics");
        }

        if (commit == "Transaction")
        {
            var place = Places.Argument(attribute, "Commit", stop);
            if (batch != BatchShape.None) findings.Add(Rules.TransactionWithoutOrder, place, "takes lists of messages", "single messages");
            else if (ordering == "None") findings.Add(Rules.TransactionWithoutOrder, place, "Ordering = None", "Ordering = Lane or Key");
            else if (settings.PublishTo is null && settings.DeadLetter is null) findings.Add(Rules.TransactionWithoutResult, place);
        }

        if (topics is not null && ordering != "None") findings.Add(Rules.RetryTopicsBreakOrder, Places.Attribute(topics, stop), ordering);

        if (topics is not null && TopicPattern.IsPattern(settings.Topic)) findings.Add(Rules.RetryTopicsOfPattern, Places.Attribute(topics, stop), settings.Topic);

        if (attribute.Has("Concurrency") && ordering == "Lane" && batch == BatchShape.None)
            findings.Add(Rules.ConcurrencyWithoutEffect, Places.Argument(attribute, "Concurrency", stop));
    }
}
