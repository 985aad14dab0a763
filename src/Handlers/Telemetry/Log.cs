using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>Every log message of the runtime, with its stable id. Never a key, a body or a header.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Consuming: {Handlers} handlers, {Groups} groups")]
    public static partial void Started(this ILogger logger, int handlers, int groups);

    [LoggerMessage(2, LogLevel.Warning, "There are no handlers to run: no method of this application or of an assembly that it references is marked [StreamHandler], or each is disabled by configuration")]
    public static partial void NoHandlers(this ILogger logger);

    [LoggerMessage(3, LogLevel.Information, "Stopping: reading has ended, handlers have {Budget} to finish")]
    public static partial void Stopping(this ILogger logger, TimeSpan budget);

    [LoggerMessage(4, LogLevel.Warning, "A second signal: handlers are given up now; what is handled is committed")]
    public static partial void StoppingNow(this ILogger logger);

    [LoggerMessage(5, LogLevel.Information, "Stopped after {Elapsed}")]
    public static partial void Stopped(this ILogger logger, TimeSpan elapsed);

    [LoggerMessage(10, LogLevel.Information, "{Handler} begins lane {Lane} for group {Group}")]
    public static partial void LaneBegan(this ILogger logger, string handler, LaneId lane, string group);

    [LoggerMessage(11, LogLevel.Information, "{Handler} ends lane {Lane}: {End}, {Handled} handled")]
    public static partial void LaneEnded(this ILogger logger, string handler, LaneId lane, LaneEnd end, long handled);

    [LoggerMessage(20, LogLevel.Warning, "{Handler} received an invalid message at {Lane} position {Position}, {Outcome}: {Reason}")]
    public static partial void Invalid(this ILogger logger, string handler, LaneId lane, Position position, OutcomeKind outcome, string reason);

    [LoggerMessage(21, LogLevel.Error, "{Handler} failed at {Lane} position {Position}: {Outcome}")]
    public static partial void Failed(this ILogger logger, Exception? exception, string handler, LaneId lane, Position position, OutcomeKind outcome);

    [LoggerMessage(19, LogLevel.Warning, "{Handlers} take none of the type of a message at {Lane} position {Position}, {Outcome}. They take {Types}. Others like it are counted and not logged")]
    public static partial void Unmatched(this ILogger logger, string handlers, LaneId lane, Position position, OutcomeKind outcome, string types);

    [LoggerMessage(22, LogLevel.Error, "{Handler} still runs at {Lane} position {Position} after its token fired and its time was up. The lane is given up; whatever the handler still does counts for nothing, and the message comes again")]
    public static partial void Overrun(this ILogger logger, string handler, LaneId lane, string position);

    [LoggerMessage(23, LogLevel.Warning, "{Handler} has ended at {Lane} after it had been given up")]
    public static partial void OverrunEnded(this ILogger logger, Exception? exception, string handler, LaneId lane);

    [LoggerMessage(24, LogLevel.Warning, "{Handler} ends lane {Lane} with {Messages} messages that were committed on read and are not handled: at most once means that they do not come again")]
    public static partial void NotDispatched(this ILogger logger, string handler, LaneId lane, int messages);

    [LoggerMessage(25, LogLevel.Error, "A callback that {Handler} registered on its CancellationToken threw at {Lane}")]
    public static partial void CallbackFailed(this ILogger logger, Exception exception, string handler, LaneId lane);

    [LoggerMessage(26, LogLevel.Warning, "{Handler} failed at {Lane} position {Position}, call {Call}; again after {Pause}")]
    public static partial void Retrying(this ILogger logger, Exception? exception, string handler, LaneId lane, Position position, int call, TimeSpan pause);

    [LoggerMessage(27, LogLevel.Error, "{Handler} cannot publish to {Topic} what it could not handle at {Lane} position {Position}. The lane is paused, nothing is lost; again after {Pause}")]
    public static partial void CannotPublish(this ILogger logger, Exception exception, string handler, string topic, LaneId lane, Position position, TimeSpan pause);

    [LoggerMessage(36, LogLevel.Warning, "{Handler} has waited {Age} for {Topic} to acknowledge what it could not handle at {Lane} position {Position}. The lane is paused until it does, nothing is lost")]
    public static partial void LetterWaits(this ILogger logger, string handler, TimeSpan age, string topic, LaneId lane, Position position);

    [LoggerMessage(28, LogLevel.Information, "{Handler} could publish to {Topic} after all, from {Lane} position {Position}")]
    public static partial void PublishesAgain(this ILogger logger, string handler, string topic, LaneId lane, Position position);

    [LoggerMessage(29, LogLevel.Error, "{Handler} is stuck at {Lane} position {Position}: no outcome for {Age}. {Behind} messages behind it are received and not committed")]
    public static partial void Stuck(this ILogger logger, string handler, LaneId lane, Position position, TimeSpan age, int behind);

    [LoggerMessage(12, LogLevel.Information, "{Handler} at {Lane} went to {To}")]
    public static partial void Rewound(this ILogger logger, string handler, LaneId lane, string to);

    [LoggerMessage(13, LogLevel.Warning, "{Handler} is paused at {Lane}: {Reasons}")]
    public static partial void Paused(this ILogger logger, string handler, string lane, PauseReasons reasons);

    [LoggerMessage(14, LogLevel.Information, "{Handler} goes on at {Lane}")]
    public static partial void Resumed(this ILogger logger, string handler, string lane);

    [LoggerMessage(15, LogLevel.Information, "{Handler} handles up to {Concurrency} messages at once at {Lane}")]
    public static partial void ConcurrencySet(this ILogger logger, string handler, int concurrency, string lane);

    [LoggerMessage(16, LogLevel.Warning, "The health check {Check} is {Status}: {Handlers} pause")]
    public static partial void CircuitOpened(this ILogger logger, string check, string status, string handlers);

    [LoggerMessage(17, LogLevel.Information, "The health check {Check} is {Status}: {Handlers} go on")]
    public static partial void CircuitClosed(this ILogger logger, string check, string status, string handlers);

    [LoggerMessage(18, LogLevel.Error, "The health check {Check} cannot be made: {Handlers} pause until it can")]
    public static partial void CircuitCheckFailed(this ILogger logger, Exception exception, string check, string handlers);

    [LoggerMessage(30, LogLevel.Warning, "Committing positions of group {Group} failed, attempt {Attempt} of {Attempts}. Nothing is lost: they stay to be committed")]
    public static partial void CommitFailed(this ILogger logger, Exception exception, string group, int attempt, int attempts);

    [LoggerMessage(31, LogLevel.Warning, "{Handler} ends lane {Lane} without a last commit: there was no time left. What was handled since the last one will be handled again")]
    public static partial void CommitTooLate(this ILogger logger, string handler, LaneId lane);

    [LoggerMessage(32, LogLevel.Error, "Committing positions of group {Group} is under way for {Age}: the broker does not answer")]
    public static partial void CommitStuck(this ILogger logger, string group, TimeSpan age);

    [LoggerMessage(40, LogLevel.Critical, "The subscription of group {Group} has ended by an error; the host stops: {Reason}")]
    public static partial void SubscriptionFailed(this ILogger logger, Exception exception, string group, string reason);

    [LoggerMessage(33, LogLevel.Information, "Group {Group}: {Reason}; the host stops")]
    public static partial void StopAsked(this ILogger logger, string group, string reason);

    [LoggerMessage(34, LogLevel.Warning, "Group {Group} begins again in {Pause}, restart {Restart}: {Reason}")]
    public static partial void Restarting(this ILogger logger, Exception? cause, string group, TimeSpan pause, int restart, string reason);

    [LoggerMessage(35, LogLevel.Warning, "Group {Group} cannot begin again just now; it is tried again in {Pause}")]
    public static partial void CannotRestart(this ILogger logger, Exception exception, string group, TimeSpan pause);

    [LoggerMessage(41, LogLevel.Critical, "The subscription of group {Group} has ended by an error; the others go on: {Reason}")]
    public static partial void SubscriptionFailedAlone(this ILogger logger, Exception exception, string group, string reason);

    [LoggerMessage(42, LogLevel.Error, "Group {Group} had another error after the one that ended it")]
    public static partial void FailedToo(this ILogger logger, Exception exception, string group);

    [LoggerMessage(43, LogLevel.Warning, "The transport did not leave group {Group} within {Limit}. What was handled is committed; others take its lanes when the broker misses this process")]
    public static partial void LeaveTimedOut(this ILogger logger, string group, TimeSpan limit);

    [LoggerMessage(50, LogLevel.Information, "Configuration sets {Key} to {Value}")]
    public static partial void Overridden(this ILogger logger, string key, string value);

    [LoggerMessage(60, LogLevel.Information, "Putting back the dead letters of {Topic} as group {Group}")]
    public static partial void RedriveBegan(this ILogger logger, string topic, string group);

    [LoggerMessage(61, LogLevel.Information, "The redrive of {Topic} has ended: {Read} read, {PutBack} put back, {Left} left, {WithoutOrigin} without origin")]
    public static partial void RedriveEnded(this ILogger logger, string topic, long read, long putBack, long left, long withoutOrigin);

    [LoggerMessage(62, LogLevel.Error, "The dead letter {Place} has no header {Header}, which would say where to put it back. It is left where it is, and the others are put back")]
    public static partial void LetterWithoutOrigin(this ILogger logger, string place, string header);

    [LoggerMessage(63, LogLevel.Warning, "Putting back dead letters of {Lane} failed, attempt {Attempt} of {Attempts}; again after {Pause}")]
    public static partial void CannotPutBack(this ILogger logger, Exception exception, LaneId lane, int attempt, int attempts, TimeSpan pause);
}
