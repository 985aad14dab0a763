namespace Handlers;

/// <summary>Where somebody wants the lane to go.</summary>
internal sealed record Rewind(StartPosition To, Rewind? Before)
{
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Succeed()
    {
        for (var r = this; r is not null; r = r.Before) r.Done.TrySetResult();
    }

    public void Fail(Exception e)
    {
        for (var r = this; r is not null; r = r.Before) r.Done.TrySetException(e);
    }

    public override string ToString() => To.After is { } position ? $"the message after {position}" : To.From == StartFrom.Time ? $"{To.Time:O}" : To.From.ToString();
}
