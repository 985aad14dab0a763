namespace Handlers;

/// <summary>A message that could not be handled, or not yet: one of the last of a handler.</summary>
/// <param name="At">When.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="Position">Its position.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Type">The exception's type, or what made it invalid.</param>
/// <param name="Reason">Why. Of a body that cannot be unpacked it quotes nothing; otherwise it is what the exception says, which is the application's and may quote anything.</param>
/// <param name="Exception">What the handler threw; null where the message was invalid. Its text is the application's: it may quote anything.</param>
public sealed record FailureStatus(DateTimeOffset At, LaneId Lane, Position Position, OutcomeKind Outcome, string Type, string Reason, Exception? Exception);
