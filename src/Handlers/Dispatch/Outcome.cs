using System.Text.Json;

namespace Handlers;

/// <summary>An outcome as a value: it travels instead of an exception.</summary>
internal readonly struct Outcome
{
    private readonly object? detail; // an exception, or with what goes into the transaction: one field, as an outcome travels with every message

    private Outcome(OutcomeKind kind, bool isInvalid, object? detail)
    {
        Kind = kind;
        IsInvalid = isInvalid;
        this.detail = detail;
    }

    public static Outcome Handled => new(OutcomeKind.Handled, false, null);

    /// <summary>A middleware did not call the handler.</summary>
    public static Outcome PassedOver => new(OutcomeKind.Skipped, false, null);

    public OutcomeKind Kind { get; }

    /// <summary>Whether the message, not the handler, was at fault.</summary>
    public bool IsInvalid { get; }

    public Exception? Exception => detail is null ? null : detail as Exception ?? ((Published)detail).Exception;

    /// <summary>What is to be published in the transaction that commits the message's position.</summary>
    public IReadOnlyList<OutgoingMessage> Outputs => detail is Published published ? published.Outputs : [];

    /// <summary>
    /// Why, for logs: what unpacking throws may quote the body, so of that only what cannot. What a handler throws is its own to say.
    /// </summary>
    public string Reason => Exception switch
    {
        null => "",
        InvalidMessageException or UnmatchedTypeException => Exception.Message,
        _ when !IsInvalid => Exception.Message ?? "", // exceptions of others may have none, whatever their type says
        JsonException json => $"{WithoutPath(json.Message)} (line {json.LineNumber ?? 0}, byte {json.BytePositionInLine ?? 0} of the body)",
        _ => $"The body cannot be unpacked: {Exception.GetType().Name}.",
    };

    /// <summary>Only a final outcome moves the watermark.</summary>
    public bool IsFinal => Kind is OutcomeKind.Handled or OutcomeKind.Skipped or OutcomeKind.DeadLettered or OutcomeKind.Deferred;

    /// <summary>Whether no handler takes messages of its type.</summary>
    public bool IsUnmatched => Exception is UnmatchedTypeException;

    public static Outcome Unmatched() => Invalid(new UnmatchedTypeException());

    public static Outcome Invalid(Exception exception) => new(OutcomeKind.Failed, true, exception);

    /// <summary>
    /// The outcome of a call that threw. A call cut short by our own token has none, whatever it throws: clients of databases and of remote
    /// services have exceptions of their own for it.
    /// </summary>
    public static Outcome Of(Exception exception, CancellationToken stop) => exception switch
    {
        InvalidMessageException => Invalid(exception),
        _ when stop.IsCancellationRequested => default,
        _ => new(OutcomeKind.Failed, false, exception),
    };

    /// <summary>Two messages of the JSON reader say types and members alone; the others quote what they met.</summary>
    private static string WithoutPath(string message) =>
        message.StartsWith("JSON deserialization for type", StringComparison.Ordinal) || message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal)
            ? message.Split(" Path:")[0]
            : "The body is not valid JSON.";

    /// <summary>The same, settled.</summary>
    public Outcome As(OutcomeKind kind) => new(kind, IsInvalid, Exception);

    /// <summary>The same, with what is to be published in the transaction.</summary>
    public Outcome With(IReadOnlyList<OutgoingMessage> outputs) => outputs.Count == 0 ? this : new(Kind, IsInvalid, new Published(outputs, Exception));

    private sealed record Published(IReadOnlyList<OutgoingMessage> Outputs, Exception? Exception);
}

/// <summary>No handler of the topic and group takes messages of this type. The type is the message's to say, and not logged.</summary>
internal sealed class UnmatchedTypeException() : Exception("No handler of this topic and group takes messages of its type.");
