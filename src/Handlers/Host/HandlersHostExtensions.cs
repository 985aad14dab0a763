using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers;

/// <summary>Runs an application with stream handlers, or one of its commands.</summary>
public static class HandlersHostExtensions
{
    /// <summary>
    /// Instead of <c>RunAsync()</c>: where the first argument is <c>redrive</c>, puts dead letters back, and where it is <c>replay</c>, gives handlers a part of a topic
    /// again, without starting the host's services, and sets the process's exit code (<c>redrive --help</c> and <c>replay --help</c> tell the rest); otherwise runs the
    /// host until it is stopped. The host is disposed at the end.
    /// </summary>
    /// <param name="host">The application.</param>
    /// <param name="args">The arguments of the program.</param>
    /// <param name="stop">Stops it.</param>
    public static Task RunHandlersAsync(this IHost host, string[] args, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(args);
        return args switch
        {
            [RedriveCommand.Name, .. var arguments] => CommandAsync(host, new RedriveCommand(host, Console.Out, Console.Error, !Console.IsErrorRedirected).RunAsync, arguments, stop),
            [ReplayCommand.Name, .. var arguments] => CommandAsync(host, new ReplayCommand(host, Console.Out, Console.Error, !Console.IsErrorRedirected).RunAsync, arguments, stop),
            _ => host.RunAsync(stop),
        };
    }

    private static async Task CommandAsync(IHost host, Func<IReadOnlyList<string>, CancellationToken, Task<int>> run, string[] arguments, CancellationToken stop)
    {
        var runtime = host.Services.GetRequiredService<HandlersRuntime>();
        try
        {
            runtime.SetExitCode(await run(arguments, stop));
        }
        finally
        {
            await RedriveCommand.EndAsync(host);
        }
    }
}
