namespace Handlers;

/// <summary>A message that has begun and has no outcome yet.</summary>
/// <param name="Position">Where it is.</param>
/// <param name="Age">For how long it has been seen under way.</param>
/// <param name="Handler">Which handler has it, in a lane that handlers share by type; null: not told.</param>
public sealed record MessageUnderWay(Position Position, TimeSpan Age, string? Handler = null);
