namespace Handlers.Tool;

/// <summary>What is expected to go wrong: its message is all that is said of it, and its code is the process's.</summary>
internal sealed class ToolException(string message, int exitCode = ExitCodes.Error) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>The command was used wrongly.</summary>
    public static ToolException Usage(string message) => new(message, ExitCodes.Usage);
}

/// <summary>What the process ends with, whatever the command.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>An error, or something that is not complete.</summary>
    public const int Error = 1;

    /// <summary>Wrong usage.</summary>
    public const int Usage = 2;

    /// <summary><c>diff</c> found what its <c>--fail-on</c> names.</summary>
    public const int Found = 3;
}
