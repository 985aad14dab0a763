namespace Handlers;

/// <summary>
/// A place among the messages that are handled at the same time. A message that waits for something else than its handler (a pause
/// between attempts, a broker that is away) leaves it to others.
/// </summary>
internal interface ISlot
{
    void Leave();

    /// <summary>Completes when there is a slot again; at once when <paramref name="stop"/> fires.</summary>
    ValueTask EnterAsync(CancellationToken stop);
}
