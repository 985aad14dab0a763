using System.CommandLine;
using System.CommandLine.Help;

namespace Handlers.Tool;

/// <summary>The command <c>handlers</c>: what it is made of, and how it ends.</summary>
internal static class ToolCommand
{
    private const string Name = "handlers";

    /// <summary>Runs a command line; returns the process's exit code. Expected errors are lines on the screen.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Screen screen, CancellationToken stop = default)
    {
        // A body or a key may begin with @, which names no file of arguments.
        var parsed = Create(screen).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) screen.Say(error.Message);
            screen.Say($"Try: handlers {(parsed.CommandResult.Command.Name == Name ? "" : parsed.CommandResult.Command.Name + " ")}--help");
            return ExitCodes.Usage;
        }

        try
        {
            // Signals cancel the command's token, and it may end in order however long that takes. Errors come here, and not as a stack.
            return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = Timeout.InfiniteTimeSpan, EnableDefaultExceptionHandler = false, Output = screen.Output }, stop);
        }
        catch (ToolException e)
        {
            screen.Say(e.Message);
            return e.ExitCode;
        }
        catch (OperationCanceledException)
        {
            screen.Say("Stopped.");
            return ExitCodes.Error;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TransportException or HandlersConfigurationException)
        {
            screen.Say(e.Message);
            return ExitCodes.Error;
        }
    }

    // No RootCommand: that has the name of the executable's file, which is not what people type.
    internal static Command Create(Screen screen) => new(Name, "Shows what a built application handles, without running it, and works with its topics.")
    {
        new HelpOption { Recursive = true, Action = new Help() },
        new VersionOption(),
        // A command is added here: a class in Commands that parses, calls a room and prints.
        DescribeCommand.Create(screen),
        DiffCommand.Create(screen),
        TailCommand.Create(screen),
        PublishCommand.Create(screen),
        LagCommand.Create(screen),
        ReplayTopicCommand.Create(screen),
        RedriveTopicCommand.Create(screen),
    };
}
