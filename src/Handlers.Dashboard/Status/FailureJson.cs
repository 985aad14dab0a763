using System.Text.Json;

namespace Handlers.Dashboard;

/// <summary>One of the last failures of a handler.</summary>
internal static class FailureJson
{
    private const int Longest = 8 * 1024; // characters of an exception's text

    /// <param name="json">Where to.</param>
    /// <param name="failure">The failure.</param>
    /// <param name="withText">With what the exception says, which is the application's and may quote anything.</param>
    public static void Write(Utf8JsonWriter json, FailureStatus failure, bool withText)
    {
        json.WriteStartObject();
        json.WriteString("at", failure.At.ToUniversalTime());
        json.WriteString("topic", failure.Lane.Topic);
        json.WriteString("partition", failure.Lane.Partition);
        json.WriteString("position", failure.Position.ToString());
        json.WriteString("outcome", Outcome(failure.Outcome));
        json.WriteString("type", failure.Type);
        if (withText) json.WriteString("reason", failure.Reason);
        if (withText && failure.Exception?.ToString() is { } text) json.WriteString("exception", text.Length <= Longest ? text : text[..Longest] + " ...");
        json.WriteEndObject();
    }

    private static string Outcome(OutcomeKind outcome) => outcome switch
    {
        OutcomeKind.None => "tried again",
        OutcomeKind.Handled => "handled",
        OutcomeKind.Skipped => "skipped",
        OutcomeKind.DeadLettered => "dead-lettered",
        OutcomeKind.Deferred => "deferred to a retry topic",
        _ => "failed",
    };
}
