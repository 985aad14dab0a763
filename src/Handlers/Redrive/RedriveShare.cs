namespace Handlers;

/// <summary>One batch of a lane of dead letters, sorted: what is put back, what stays.</summary>
internal sealed class RedriveShare(RedriveRun run, LaneId lane)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly List<(Position Position, OutgoingMessage? Back, bool IsWanted)> letters = [];

    /// <summary>Letters that were looked at and may be passed.</summary>
    public int Read => letters.Count;

    /// <summary>The last of them.</summary>
    public Position? Last => letters.Count > 0 ? letters[^1].Position : null;

    /// <summary>False: the limit is reached, and the letter is not for this redrive.</summary>
    public bool TryAdd(in Message letter)
    {
        var isWanted = Redriven.IsWanted(in letter, run.Asked);
        var topic = run.Asked.To ?? Redriven.OriginOf(in letter);
        var isBack = isWanted && topic is not null;
        if (isBack && !run.Tally.TryTake()) return false;
        letters.Add((letter.Position, isBack ? Redriven.Of(in letter, topic!) : null, isWanted));
        return true;
    }

    /// <summary>
    /// Publishes what is to be put back. A letter that the broker does not take ends it: the letter and those behind it are not passed, and
    /// the error is returned.
    /// </summary>
    public async Task<Exception?> PublishAsync(IPublisher publisher, CancellationToken stop)
    {
        List<OutgoingMessage> back = [.. letters.Select(l => l.Back).OfType<OutgoingMessage>()];
        if (back.Count == 0) return null;
        try
        {
            await TryAsync(() => publisher.PublishAsync(back, stop), stop);
            return null;
        }
        catch (TransportException e) when (e.IsTransient)
        {
            var (first, letter, _) = letters.First(l => l.Back is not null);
            Cut(letters.FindIndex(l => l.Position == first));
            return Error(first, letter!.Topic, e);
        }
        catch (TransportException)
        {
            // One of them is at fault: one by one, so that the others are put back and the error names it.
        }

        for (var i = 0; i < letters.Count; i++)
        {
            if (letters[i].Back is not { } one) continue;
            try
            {
                await TryAsync(() => publisher.PublishAsync(one, stop), stop);
            }
            catch (TransportException e)
            {
                var position = letters[i].Position;
                Cut(i);
                return Error(position, one.Topic, e);
            }
        }

        return null;
    }

    /// <summary>Counts what was put back and what stays.</summary>
    public void Count()
    {
        List<string> withoutOrigin = [.. letters.Where(static l => l.IsWanted && l.Back is null).Select(l => $"{lane}@{l.Position}")];
        foreach (var place in withoutOrigin) run.Logger.LetterWithoutOrigin(place, DeadLetterHeaders.Topic);
        run.Tally.Count(letters.Count(static l => l.Back is not null), letters.Count(static l => !l.IsWanted), withoutOrigin);
    }

    private void Cut(int from) => letters.RemoveRange(from, letters.Count - from);

    private TransportException Error(Position position, string topic, TransportException cause) => new(
        $"The dead letter {lane}@{position} could not be put back to topic '{topic}': {cause.Message} Those before it are put back. Try again when '{topic}' takes it, or put it to another topic (To and a Limit of 1; --to TOPIC --limit 1).", cause)
    {
        IsTransient = cause.IsTransient,
    };

    private async Task TryAsync(Func<ValueTask> publish, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await publish();
                return;
            }
            catch (TransportException e) when (e.IsTransient && attempt < run.Options.CommitAttempts)
            {
                var pause = TimeSpan.FromMilliseconds(Math.Min(FirstPause.TotalMilliseconds * Math.Pow(2, attempt - 1), LongestPause.TotalMilliseconds));
                run.Logger.CannotPutBack(e, lane, attempt, run.Options.CommitAttempts, pause);
                await Task.Delay(pause, run.Time, stop);
            }
        }
    }
}
