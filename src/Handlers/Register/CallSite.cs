namespace Handlers;

/// <summary>What is the same for every call of one handler in one lane. Made once per lane; immutable.</summary>
internal sealed class CallSite
{
    public required string Handler { get; init; }

    public required string Group { get; init; }

    public required LaneId Lane { get; init; }

    /// <summary>Whether the lane is of a retry topic, whose headers say where a message came from.</summary>
    public bool ReadsRetries { get; init; }

    /// <summary>Whether results become durable with the position, and so are gathered first.</summary>
    public bool IsTransactional { get; init; }

    /// <summary>Where results go; null where the handler publishes none.</summary>
    public Publication? Publication { get; init; }

    /// <summary>A new context of a message.</summary>
    public MessageContext Context(ref readonly Message message) => new()
    {
        Handler = Handler,
        Group = Group,
        Lane = Lane,
        Position = message.Position,
        Timestamp = MessageTime.Of(message.TimestampMilliseconds),
        Key = message.Key.ToNullableMemory(),
        Headers = message.Headers ?? Headers.Empty,
        FirstId = ReadsRetries ? message.Headers?.Text(DeadLetterHeaders.Id) : null,
    };

    /// <summary>Where the results of one call go.</summary>
    /// <param name="message">Its message.</param>
    /// <param name="outbox">Gathers them; null: they are published at once.</param>
    public Output Output(ref readonly Message message, Outbox? outbox)
    {
        var publication = Publication ?? throw new InvalidOperationException($"Handler '{Handler}' returns a result but has no topic to publish to.");
        return new(outbox is null ? publication : publication with { Publisher = outbox }, message.Key.ToNullableMemory());
    }
}

/// <summary>Where the results of a handler go.</summary>
internal sealed record Publication(IPublisher Publisher, string Topic);
