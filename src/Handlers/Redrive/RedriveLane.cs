namespace Handlers;

/// <summary>
/// One lane of dead letters: reads what it had at the beginning and puts it back, batch by batch. A batch is acknowledged, then its
/// position is stored and flushed: a crash in between puts it back twice, never not at all.
/// </summary>
/// <param name="lane">The lane.</param>
/// <param name="extent">What it had when the redrive began; null: the broker does not tell.</param>
/// <param name="run">What is asked for.</param>
/// <param name="publisher">Where letters go.</param>
/// <param name="flusher">Makes the position durable.</param>
/// <param name="began">When the redrive began.</param>
/// <param name="stop">Ends it early.</param>
/// <param name="closing">Every lane is read to its end.</param>
internal sealed class RedriveLane(
    ILane lane, LaneExtent? extent, RedriveRun run, IPublisher publisher, Flusher flusher, DateTimeOffset began, CancellationToken stop, CancellationToken closing)
{
    /// <summary>What a crash may put back twice, a lane.</summary>
    public const int BatchSize = 100;

    /// <summary>How long a read waits before the lane counts as read to its end. Where the broker says that there is more, many times as long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private const int MostWaits = 20;

    private readonly TaskCompletionSource atEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? left; // letters of the beginning that are still to be read; null: not known

    /// <summary>Completes when it is read to its end, or cannot be read on. Never faults.</summary>
    public Task AtEnd => atEnd.Task;

    /// <summary>Whether it has ended for ever, so that others may follow it. Settled when <see cref="AtEnd"/> is.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>
    /// Runs until <c>closing</c> fires or the lane is taken away; returns what went wrong. A lane is kept when it is read: a member that
    /// releases one while it takes lanes is handed it back.
    /// </summary>
    public async Task<Exception?> RunAsync()
    {
        using var intake = CancellationTokenSource.CreateLinkedTokenSource(stop, lane.Lost, closing);
        using var publishing = new CancellationTokenSource(Timeout.InfiniteTimeSpan, run.Time);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var revoked = HearAsync(intake, publishing, over.Task);
        using var lost = lane.Lost.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), publishing);
        using var stopping = stop.UnsafeRegister(s => ((CancellationTokenSource)s!).CancelAfter(run.Options.StopBudget), publishing);
        Exception? failure = null;
        try
        {
            IsFinished = await PutBackAsync(intake.Token, publishing.Token);
        }
        catch (OperationCanceledException) when (intake.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            failure = e;
        }

        atEnd.TrySetResult();
        if (!IsFinished) await Task.Delay(Timeout.InfiniteTimeSpan, run.Time, intake.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        over.TrySetResult();
        await revoked;
        return await ReleaseAsync() ?? failure;
    }

    /// <summary>The lane is wanted elsewhere: reads no more, and gives up a publish that would take longer than there is time.</summary>
    private async Task HearAsync(CancellationTokenSource intake, CancellationTokenSource publishing, Task over)
    {
        if (await Task.WhenAny(lane.Revoked, over) == over) return;
        var time = ((await lane.Revoked).Deadline - run.Time.GetUtcNow()) * 0.9;
        await intake.CancelAsync();
        publishing.CancelAfter(time > TimeSpan.Zero ? time : TimeSpan.Zero);
    }

    private async Task<Exception?> ReleaseAsync()
    {
        try
        {
            await lane.ReleaseAsync(lane.Lost.IsCancellationRequested ? LaneEnd.Lost : IsFinished ? LaneEnd.Finished : lane.Revoked.IsCompleted ? LaneEnd.Revoked : LaneEnd.Stopped);
            return null;
        }
        catch (TransportException e)
        {
            return e;
        }
    }

    /// <summary>True where the lane itself has ended.</summary>
    private async Task<bool> PutBackAsync(CancellationToken intake, CancellationToken publishing)
    {
        if (extent is { Messages: 0, IsClosed: false }) return false;
        var batch = new MessageBatch(BatchSize, run.Options.BatchBytes);
        while (left is not <= 0 && !run.Tally.IsFull)
        {
            if (await ReadAsync(batch, intake) is not { } hasRead) return false;
            if (!hasRead) return true;
            try
            {
                var count = Count(batch);
                if (count == 0 || await PutBackAsync(batch, count, publishing) < batch.Count) return false;
            }
            finally
            {
                batch.Clear();
            }

            if (lane.State.LagMessages == 0) return false;
        }

        return false;
    }

    /// <summary>Whether there were letters; false: the lane has ended; null: none came for a while.</summary>
    private async Task<bool?> ReadAsync(MessageBatch batch, CancellationToken intake)
    {
        for (var wait = 1; ; wait++)
        {
            using var patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, run.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(intake, patience.Token);
            try
            {
                var reading = lane.ReadAsync(batch, either.Token);
                if (!reading.IsCompleted) patience.CancelAfter(Patience);
                return await reading;
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested && !intake.IsCancellationRequested)
            {
                // Behind all the same: a slow broker, or positions without messages at the end of the lane.
                var isBehind = lane.State is { LagMessages: > 0 } or { LagTime.Ticks: > 0 };
                if (!isBehind || wait == MostWaits) return null;
            }
        }
    }

    /// <summary>
    /// How many of a batch were there at the beginning: what comes later is for the next redrive, or a letter whose handler fails again
    /// would go round for ever. By the lane's extent at the beginning; where that is not told, by its lag after the first read (before it, it is not
    /// known for certain), else by time.
    /// </summary>
    private int Count(MessageBatch batch)
    {
        var count = CountByLag(batch);
        if (extent?.Last is not { } end) return count;
        while (count > 0 && batch[count - 1].Position > end) count--;
        if (count == 0 || batch[count - 1].Position == end) left = 0;
        return count;
    }

    private int CountByLag(MessageBatch batch)
    {
        if (left is null && lane.State.LagMessages is { } behind) run.Tally.Expect((left = batch.Count + behind).Value);
        if (left is null)
        {
            for (var i = 0; i < batch.Count; i++)
                if (batch[i].TimestampMilliseconds > began.ToUnixTimeMilliseconds()) return i;
            return batch.Count;
        }

        var count = (int)Math.Min(left.Value, batch.Count);
        left -= count;
        return count;
    }

    /// <summary>Puts back the first letters of a batch, and moves the position behind them. Returns how far it came: the limit may end it.</summary>
    private async Task<int> PutBackAsync(MessageBatch batch, int count, CancellationToken publishing)
    {
        var share = new RedriveShare(run, lane.Id);
        for (var i = 0; i < count && share.TryAdd(in batch[i]); i++)
        {
        }

        var failure = run.Asked.DryRun ? null : await share.PublishAsync(publisher, publishing);
        share.Count();
        if (share.Last is { } last && !run.Asked.DryRun)
        {
            lane.Store(last);
            await flusher.FlushAsync(publishing);
        }

        return failure is null ? share.Read : throw failure;
    }
}
