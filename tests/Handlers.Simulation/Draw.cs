using Handlers.Testing;

namespace Handlers.Simulation;

/// <summary>How messages come to a handler.</summary>
internal enum Shape
{
    /// <summary>One by one.</summary>
    Single,

    /// <summary>In lists.</summary>
    Lists,

    /// <summary>One by one, to one of two handlers by a type in a header; some have a type that neither takes.</summary>
    Typed,
}

/// <summary>A cell with the rest of what a handler may declare, drawn by chance from what is legal beside it.</summary>
internal sealed record Draw(Cell Cell, Shape Shape, HandlerSettings Settings)
{
    public const string Topic = "things";
    public const string Group = "simulated";
    private const string Results = "things.results";
    private const string DeadLetters = "things.dead";

    public static Draw Of(Schedule schedule)
    {
        var chance = schedule.Chance;
        var cell = Cell.Of(schedule.Seed);
        var once = cell.Commit == Commit.OnRead;
        var lists = cell.Commit is not (Commit.EachMessage or Commit.Transaction) && cell.Ordering != Ordering.Key;
        var shape = chance.Pick<Shape>(lists ? [Shape.Single, Shape.Single, Shape.Lists, Shape.Typed] : [Shape.Single, Shape.Single, Shape.Typed]);
        var invalid = chance.Pick<InvalidMessage>(once ? [InvalidMessage.Skip, InvalidMessage.DeadLetter] : [InvalidMessage.Skip, InvalidMessage.DeadLetter, InvalidMessage.Stop]);
        var unmatched = chance.Pick([UnmatchedType.Skip, UnmatchedType.DeadLetter]);
        var retries = !once && chance.Of(0.4);
        var topics = !once && cell.Ordering == Ordering.None && chance.Of(0.4);
        var letters = cell.Failed == FailedHandler.DeadLetter || invalid == InvalidMessage.DeadLetter || unmatched == UnmatchedType.DeadLetter;
        return new Draw(cell, shape, new HandlerSettings
        {
            Topic = Topic,
            Group = Group,
            Ordering = cell.Ordering,
            Concurrency = chance.Pick([1, 4, 16]),
            Commit = cell.Commit,
            OnFailure = cell.Failed,
            OnInvalid = invalid,
            OnUnmatched = unmatched,
            DeadLetter = letters ? DeadLetters : null,
            PublishTo = cell.Commit == Commit.Transaction ? Results : null,
            Retry = retries ? Retry(chance) : null,
            RetryTopics = !topics ? [] : chance.Of(0.5) ? [TimeSpan.FromMilliseconds(300)] : [TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1)],
            BatchSize = chance.Pick([1, 4, 30]),
            BatchTime = TimeSpan.FromMilliseconds(chance.Pick([1, 50, 1_000])),
        });
    }

    private static RetrySettings Retry(Chance chance) => new()
    {
        Attempts = chance.Between(2, 4),
        Delay = chance.Milliseconds(1, 500),
        Backoff = chance.Pick([Backoff.Exponential, Backoff.Linear, Backoff.Constant]),
        MaxDelay = TimeSpan.FromSeconds(2),
        Jitter = chance.Of(0.5),
    };

    public override string ToString()
    {
        var retry = Settings.Retry is { } r ? $", {r.Attempts} attempts" : "";
        var topics = Settings.RetryTopics.Count > 0 ? $", {Settings.RetryTopics.Count} retry topics" : "";
        var size = Shape == Shape.Lists ? $" of {Settings.BatchSize}" : "";
        return $"{Cell}, {Shape}{size}, invalid {Settings.OnInvalid}, unmatched {Settings.OnUnmatched}, concurrency {Settings.Concurrency}{retry}{topics}";
    }
}
