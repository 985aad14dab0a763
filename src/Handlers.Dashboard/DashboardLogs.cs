using Microsoft.Extensions.Logging;

namespace Handlers.Dashboard;

/// <summary>Every log message of the dashboard, with its stable id: 5001 and up. Never a key, a body or a header.</summary>
internal static partial class DashboardLogs
{
    [LoggerMessage(5001, LogLevel.Information, "{Action} is asked for by {User} from {Address}: {Arguments}")]
    public static partial void ControlAsked(this ILogger logger, ControlAction action, string arguments, string user, string address);

    [LoggerMessage(5002, LogLevel.Warning, "{Action} is done for {User} from {Address}: {Arguments}")]
    public static partial void ControlDone(this ILogger logger, ControlAction action, string arguments, string user, string address);

    [LoggerMessage(5003, LogLevel.Warning, "{Action} is not done for {User} from {Address}: {Arguments}")]
    public static partial void ControlFailed(this ILogger logger, Exception exception, ControlAction action, string arguments, string user, string address);

    [LoggerMessage(5004, LogLevel.Warning, "{Action} is refused to {User} from {Address}: {Reason}")]
    public static partial void ControlRefused(this ILogger logger, ControlAction action, string user, string address, string reason);

    [LoggerMessage(5005, LogLevel.Information, "{User} from {Address} looks at dead letters of {Topic}: {Letters} of them")]
    public static partial void LettersLookedAt(this ILogger logger, string user, string address, string topic, int letters);

    [LoggerMessage(5006, LogLevel.Warning, "A point of the dashboard's charts cannot be taken")]
    public static partial void NoPoint(this ILogger logger, Exception exception);

    [LoggerMessage(5007, LogLevel.Error, "Dead letters of {Topic} could not all be put back")]
    public static partial void RedriveFailed(this ILogger logger, Exception exception, string topic);

    [LoggerMessage(5008, LogLevel.Warning, "{User} from {Address} stops putting back dead letters of {Topic}")]
    public static partial void RedriveStopped(this ILogger logger, string topic, string user, string address);
}
