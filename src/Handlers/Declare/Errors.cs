namespace Handlers;

/// <summary>
/// The message is invalid: it cannot be unpacked, or lacks what the handler requires. Thrown by unpack delegates; a handler
/// may throw it too, and its message is then treated as <see cref="StreamHandlerAttribute.OnInvalid"/> says.
/// </summary>
public sealed class InvalidMessageException : Exception
{
    /// <summary>Says what is wrong; never quotes the body.</summary>
    public InvalidMessageException(string message) : base(message) { }

    /// <summary>Says what is wrong, with its cause.</summary>
    public InvalidMessageException(string message, Exception? innerException) : base(message, innerException) { }
}

/// <summary>
/// Thrown by a handler that wants the host to stop, in order and with the exit code 0. Its message has no outcome, stays uncommitted and comes again at the
/// next start; what is declared for failures does not apply.
/// </summary>
public sealed class StopProcessingException : Exception
{
    /// <summary>Says why, for the log.</summary>
    public StopProcessingException(string message) : base(message) { }
}

/// <summary>
/// Thrown by a handler that wants its subscription (all handlers of its group and transport) to begin again while the host goes on: what is under way ends in
/// order, what is handled is committed, lanes are released, the group is left; then it is joined anew, and the message comes again, as it has no outcome; what
/// is declared for failures does not apply. With <see cref="Commit.OnRead"/> it was committed before, and does not come again.
/// </summary>
/// <remarks>
/// The group is joined again after a pause of 1 s, which doubles up to 30 s while the subscription does not run for a minute, so a handler that always throws
/// it costs little. The handler's own instance stays where it serves the process.
/// </remarks>
public sealed class RestartProcessingException : Exception
{
    /// <summary>Says why, for the log.</summary>
    public RestartProcessingException(string message, Exception? innerException = null) : base(message, innerException) { }
}

/// <summary>A broker, a log file or a checkpoint store failed. The message names the thing and the remedy.</summary>
public sealed class TransportException : Exception
{
    /// <summary>A failure with its cause.</summary>
    public TransportException(string message, Exception? innerException = null) : base(message, innerException) { }

    /// <summary>True where the same call may succeed later: a busy database, a broker that is away.</summary>
    public bool IsTransient { get; init; }

    /// <summary>True where the call asked for what cannot be (a position that there is not), and nothing has changed by it.</summary>
    public bool IsRefused { get; init; }

    /// <summary>What it is about, for who handles errors by program: an alert, a test, an application that waits for its topic. Default: a request.</summary>
    public TransportErrorKind Kind { get; init; }
}

/// <summary>What a <see cref="TransportException"/> is about.</summary>
public enum TransportErrorKind
{
    /// <summary>A call that the broker refused or did not answer, or a message that it does not take.</summary>
    Request,

    /// <summary>The topic is not there, or not ready.</summary>
    Topic,

    /// <summary>Address, credentials, certificates or rights: somebody must set or grant something.</summary>
    Access,

    /// <summary>Where positions are kept, or what is kept there: a checkpoint that cannot be written or read, a commit that failed, a position that there is no more.</summary>
    Positions,
}

/// <summary>The declared or configured handlers cannot run. Thrown at start, before anything is read; it lists every error.</summary>
public sealed class HandlersConfigurationException : Exception
{
    /// <summary>One error or many, each naming the handler or key and the remedy.</summary>
    public HandlersConfigurationException(IReadOnlyList<string> errors)
        : base(errors.Count == 1 ? errors[0] : $"{errors.Count} errors:{string.Concat(errors.Select(e => Environment.NewLine + "- " + e))}") =>
        Errors = errors;

    /// <summary>The errors.</summary>
    public IReadOnlyList<string> Errors { get; }
}
