using System.Globalization;

namespace Handlers.Dashboard;

/// <summary>What can be done to handlers.</summary>
internal enum ControlAction
{
    Pause,
    Resume,
    Rewind,
    Concurrency,
    Redrive,
}

/// <summary>Something that is asked for and can be done.</summary>
/// <param name="Asks">The question, in words of who will live with it.</param>
/// <param name="Do">Does it; returns what is to be said then.</param>
internal sealed record Steer(string Asks, Func<CancellationToken, Task<string>> Do);

/// <summary>A request that cannot be done as it stands.</summary>
internal sealed class SteerException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}

/// <summary>Turns requests into questions and deeds.</summary>
internal sealed class Steering(HandlersControl control, HandlersStatus status, Redrives redrives)
{
    private const int MostConcurrency = 100_000;

    /// <exception cref="SteerException">It names what is not there, or lacks something.</exception>
    public async Task<Steer> PlanAsync(ControlAction action, ControlRequest request, CancellationToken stop)
    {
        if (action == ControlAction.Redrive)
        {
            Only(request, request.Lane is null && request.To is null && request.Concurrency is null, "topic, handler, since and limit");
            return await redrives.PlanAsync(request, ask: request.Token is null, stop);
        }

        var handler = Handler(request);
        Only(request, request.Topic is null && request.Since is null && request.Limit is null, "handler and lane, with 'to' or 'concurrency' where it needs one");
        var where = Where(handler, request.Lane);
        return action switch
        {
            ControlAction.Pause => new Steer(
                $"Pause {handler.Name} on {where}? No more messages begin there; those under way go on. It holds in this process, until somebody resumes it or the process ends.",
                Done(() => control.Pause(handler.Name, request.Lane), $"{handler.Name} is paused on {where}.")),
            ControlAction.Resume => new Steer(
                $"Resume {handler.Name} on {where}? It goes on where it stopped.",
                Done(() => control.Resume(handler.Name, request.Lane), $"{handler.Name} goes on, on {where}.")),
            ControlAction.Concurrency => Concurrency(handler, request, where),
            _ => Rewind(handler, request, where),
        };
    }

    private Steer Concurrency(HandlerStatus handler, ControlRequest request, string where)
    {
        if (handler.Settings.Ordering == Ordering.Lane)
            throw new SteerException(409, $"{handler.Name} has Ordering.Lane: each lane handles one message at a time, and lanes run beside each other.");
        if (request.Concurrency is not { } most || most is < 1 or > MostConcurrency) throw new SteerException(400, $"'concurrency' is a whole number from 1 to {MostConcurrency}.");
        return new Steer(
            $"Let {handler.Name} handle at most {most} messages at once on {where}{(handler.Concurrency > 0 && request.Lane is null ? $", instead of {handler.Concurrency}" : "")}? It holds in this process until it ends.",
            Done(() => control.SetConcurrency(handler.Name, most, request.Lane), $"{handler.Name} handles at most {most} messages at once on {where}."));
    }

    private Steer Rewind(HandlerStatus handler, ControlRequest request, string where)
    {
        var (to, words, again) = Target(request.To);
        if (to.After is not null && request.Lane is null) throw new SteerException(400, "A position is of one lane: name the lane.");
        if (request.Lane is { } lane ? handler.Lanes.All(l => Lanes.NameOf(handler, l.Id) != lane) : handler.Lanes.Count == 0)
            throw new SteerException(409, $"{handler.Name} has {(request.Lane is null ? "no lane" : $"no lane {where}")} in this process now.");
        return new Steer(
            $"Move {handler.Name} on {where} to {words}? What is under way there ends first. {again}",
            async stop =>
            {
                await control.RewindAsync(handler.Name, to, request.Lane, stop);
                return $"{handler.Name} reads {where} from {words}.";
            });
    }

    private static (StartPosition To, string Words, string Again) Target(ControlTarget? to) => to switch
    {
        // To some brokers numbers below zero mean something else, the end among it.
        { Time: { } early } when early < DateTimeOffset.UnixEpoch => throw new SteerException(400, "A 'time' is 1970 or later. What is there from the beginning on is 'end': 'earliest'."),
        { Time: { } time, Position: null, After: null, End: null } =>
            (StartPosition.At(time), $"{time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC", Again("that time")),
        // The message after a position is the first to come; position 0 has none before it.
        { Position: { } position and >= 0, Time: null, After: null, End: null } =>
            (position == 0 ? StartPosition.Earliest : StartPosition.Behind(new Position(position - 1)), $"position {position}", Again("that position")),
        { After: { } after, Time: null, Position: null, End: null } when Parse(after) is { } behind =>
            (StartPosition.Behind(behind), $"the message behind position {behind}", Again("that message")),
        { End: "earliest", Time: null, Position: null, After: null } => (StartPosition.Earliest, "the earliest message", "All that the broker still has is handled again."),
        { End: "latest", Time: null, Position: null, After: null } => (StartPosition.Latest, "the end", "What is there now and not handled yet is passed over, and never handled."),
        _ => throw new SteerException(400, "'to' has one of: 'time' (ISO 8601), 'position' (a number; its message is handled again), 'after' (a position; its message is not), or 'end' ('earliest' or 'latest')."),
    };

    private static string Again(string since) => $"What was handled since {since} is handled again; where it lies ahead, what is between is passed over.";

    /// <summary>A number, or <c>sequence:number</c>; null for anything else.</summary>
    internal static Position? Parse(string text)
    {
        var parts = text.Split(':');
        if (!long.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
        return parts switch
        {
            [_] => new Position(number),
            [{ Length: > 0 } sequence, _] when sequence.All(char.IsAsciiDigit) && sequence[0] != '0' => new Position(sequence, number),
            _ => null,
        };
    }

    private HandlerStatus Handler(ControlRequest request)
    {
        var handlers = status.Handlers;
        return handlers.FirstOrDefault(h => h.Name == request.Handler)
            ?? throw new SteerException(404, $"No handler named '{request.Handler}' runs here. There are: {string.Join(", ", handlers.Take(20).Select(static h => h.Name))}.");
    }

    private static string Where(HandlerStatus handler, string? lane)
    {
        if (lane is null) return handler.Lanes.Count == 1 ? "its one lane" : string.Create(CultureInfo.InvariantCulture, $"all its {handler.Lanes.Count:N0} lanes");
        var name = TopicPattern.IsPattern(handler.Topic) ? lane : $"{handler.Topic}/{lane}";
        return handler.Lanes.Any(l => Lanes.NameOf(handler, l.Id) == lane) ? name : $"{name} (which is not of this process now)";
    }

    private static Func<CancellationToken, Task<string>> Done(Action act, string said) => _ =>
    {
        act();
        return Task.FromResult(said);
    };

    private static void Only(ControlRequest request, bool holds, string takes)
    {
        if (!holds) throw new SteerException(400, $"The request has members that mean nothing here. It takes {takes}.");
        if (request.Handler is { Length: 0 } || request.Lane is { Length: 0 } || request.Topic is { Length: 0 }) throw new SteerException(400, "An empty name names nothing. Leave it out.");
    }
}
