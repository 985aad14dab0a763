namespace Handlers;

/// <summary>What may be wrong with one lane of a handler. At most one of these is said of it.</summary>
internal readonly record struct LaneRule(HandlerStatus Handler, LaneStatus Lane, TimeSpan StuckAfter)
{
    /// <summary>What could not be handled cannot be published either, and the lane is paused until it can.</summary>
    public Trouble? CannotPublish() => Lane.Paused.HasFlag(PauseReasons.CannotPublish)
        ? Red("cannot-publish", $"Handler '{Handler.Name}' cannot publish dead letters or retries of lane {Lane.Id}, from position {Lane.Oldest}.", Lane.Oldest, Lane.OldestAge)
        : null;

    /// <summary>A message is under way for too long.</summary>
    /// <param name="times">So many times too long.</param>
    public Trouble? Hung(int times = 1)
    {
        var (name, most) = (Handler.Name, StuckAfter * times);
        return Lane.UnderWay.Where(m => m.Age >= most && (m.Handler ?? name) == name).MaxBy(static m => m.Age) is { } hung
            ? Stuck(hung.Position, hung.Position == Lane.Oldest && Lane.OldestAge > hung.Age ? Lane.OldestAge : hung.Age) // it has waited before it began
            : null;
    }

    /// <summary>There is something to do, and nothing is under way: workers, or reads, are elsewhere.</summary>
    public Trouble? Starved()
    {
        if (Lane.InFlight > 0 || Lane.WatermarkAge < StuckAfter) return null;
        var what = Lane.Uncommitted > 0 ? $"{Lane.Uncommitted} messages are received" : Lane.State.LagMessages is { } lag ? $"{lag} messages are behind what was read" : "messages are behind what was read";
        return Red("starved", $"Handler '{Handler.Name}' does not get to lane {Lane.Id}: {what}, and none has begun for {Lane.WatermarkAge.TotalSeconds:0} s.", Lane.Oldest, Lane.WatermarkAge);
    }

    /// <summary>The oldest message has waited long before it began, and another handler's does not hold it up.</summary>
    public Trouble? Slow()
    {
        var most = StuckAfter;
        return Lane.OldestAge < most || Lane.UnderWay.Any(m => m.Age >= most) ? null : Stuck(Lane.Oldest, Lane.OldestAge);
    }

    private Trouble Stuck(Position? position, TimeSpan age) =>
        Red("hung", $"Handler '{Handler.Name}' is stuck at {Lane.Id} position {position} for {age.TotalSeconds:0} s.", position, age);

    private Trouble Red(string kind, string text, Position? position, TimeSpan age) =>
        new(LightColor.Red, kind, text) { Handler = Handler.Name, Lane = Lane.Id, Position = position, Age = age };
}
