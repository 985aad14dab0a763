namespace Handlers;

/// <summary>Decides which messages of a batch are handled when. The steps of one message are the loop's.</summary>
internal abstract class Order
{
    public static Order Of(Ordering ordering) => ordering switch
    {
        Ordering.Lane => new LaneOrder(),
        _ => throw new ArgumentOutOfRangeException(nameof(ordering), ordering, "There is no such ordering."),
    };

    /// <summary>
    /// Handles the messages of a batch. Returns when the batch's bytes are needed no more. False: a message ended the lane, or
    /// <paramref name="stop"/> fired before the last message was begun.
    /// </summary>
    public abstract ValueTask<bool> RunAsync(MessageBatch batch, long firstTicket, IMessageSteps steps, CancellationToken stop);
}

/// <summary>What is done with one message, in the loop's words.</summary>
internal interface IMessageSteps
{
    /// <summary>Unpack, dispatch, outcome, watermark, commit. False: the lane ends here.</summary>
    ValueTask<bool> HandleAsync(MessageBatch batch, int index, long ticket);
}

/// <summary>One at a time, in the order of the lane.</summary>
internal sealed class LaneOrder : Order
{
    public override async ValueTask<bool> RunAsync(MessageBatch batch, long firstTicket, IMessageSteps steps, CancellationToken stop)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            if (stop.IsCancellationRequested) return false;
            if (!await steps.HandleAsync(batch, i, firstTicket + i)) return false;
        }

        return true;
    }
}
