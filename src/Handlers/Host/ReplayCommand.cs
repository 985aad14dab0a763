using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers;

/// <summary>
/// The command <c>replay</c> of an application: its handlers get a window of a topic, by the runtime of production over a <see cref="ReplayTransport"/>. The host is built
/// but not started; of its services only the handlers' run.
/// </summary>
internal sealed class ReplayCommand(IHost host, TextWriter output, TextWriter errors, bool isTerminal)
{
    public const string Name = "replay";

    public const string Help = """
        replay TOPIC --from PLACE [options]
        Gives the handlers of TOPIC messages again that are there now: with the order, retries, time limits and types that they
        have in production. No position of their group moves, and the group's members elsewhere do not notice.

        What the handlers publish (results, dead letters, messages to retry topics) is dropped, unless --publish is there. What
        they do otherwise they do: a database that they write to is written to again.

          --from PLACE         earliest, a time in ISO 8601, or a position of one --partition
          --to PLACE           messages before a time in ISO 8601, or up to a position of one --partition. Default: what is there now
          --partition P        only this partition or shard; may be there several times
          --handler HANDLER    only this handler; may be there several times. Default: every handler of TOPIC
          --publish            publish what the handlers publish
          --transport NAME     where TOPIC is, if handlers of several transports read one of this name
          --help               this

        Exit codes: 0 all handled or skipped, 1 an error, an interruption, or messages that failed or were invalid, 2 wrong arguments.
        """;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private readonly IServiceProvider services = host.Services;
    private long published; // by handlers, whether or not it was dropped

    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        var parsed = ReplayArguments.Parse(arguments);
        if (parsed.WantsHelp) await output.WriteLineAsync(Help);
        if (parsed.WantsHelp) return RedriveCommand.Done;
        if (parsed.Error is not { } wrong) return await ReplayAsync(parsed, stop);
        await errors.WriteLineAsync($"{Name}: {wrong} `{Name} --help` tells the rest.");
        return RedriveCommand.Misused;
    }

    private async Task<int> ReplayAsync(ReplayArguments asked, CancellationToken stop)
    {
        using var interrupted = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var runtime = services.GetRequiredService<HandlersRuntime>();
        using var onInterrupt = runtime.OwnsProcess ? PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt) : null;
        using var onTerminate = runtime.OwnsProcess ? PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt) : null;
        string? trouble = null;
        var counts = default(HandlerCounts);
        try
        {
            var name = Choose(asked);
            Prepare(asked, name);
            trouble = await HandleAsync(runtime, name, interrupted.Token);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            trouble = Interrupted;
        }
        catch (Exception e) when (e is TransportException or HandlersConfigurationException)
        {
            trouble = e.Message;
        }

        foreach (var handler in services.GetRequiredService<HandlersStatus>().Handlers) counts += handler.Counts;
        await RedriveCommand.EndAsync(host); // what is logged to the output is there before the last line
        if (trouble is not null) await errors.WriteLineAsync($"{Name}: {trouble}");
        var dropped = Interlocked.Read(ref published);
        if (dropped > 0 && !asked.Publishes) await errors.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{Name}: {dropped} messages that handlers published were dropped. --publish publishes them."));
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"replayed {counts.Received} handled {counts.Handled} skipped {counts.Skipped} invalid {counts.Invalid} failed {counts.Failed}"));
        return trouble is null && counts is { Invalid: 0, Failed: 0 } ? RedriveCommand.Done : RedriveCommand.Failed;

        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = !interrupted.IsCancellationRequested; // the second one ends the process
            interrupted.Cancel();
        }
    }

    private const string Interrupted = "Interrupted. Nothing was committed; a replay from a later place goes on.";

    /// <summary>The transport of the handlers that are to get it, which are the only ones that run.</summary>
    private string Choose(ReplayArguments asked)
    {
        var declarations = services.GetRequiredService<HandlerDeclarations>();
        var overrides = new SettingsOverrides(services.GetRequiredService<IConfiguration>().GetSection("Handlers"), []); // the start reports what is wrong there
        var application = services.GetRequiredService<IHostEnvironment>().ApplicationName;
        var all = declarations.Handlers.Select(h => (h.Name, Settings: overrides.Resolve(h, application))).Where(static h => h.Settings is not null).Select(static h => (h.Name, Settings: h.Settings!)).ToList();
        var topic = asked.Window!.Topic;
        var readers = all.Where(h => new TopicNames([h.Settings.Topic]).Of(topic) is not null && (asked.Transport is null || h.Settings.Transport == asked.Transport)).ToList();
        if (readers.Count == 0)
            throw new HandlersConfigurationException([$"No handler of this application reads topic '{topic}'{(asked.Transport is null ? "" : $" of transport '{asked.Transport}'")}.{Closest.Hint(topic, all.Select(static h => h.Settings.Topic))}"]);
        if (asked.Handlers.FirstOrDefault(name => readers.All(r => r.Name != name)) is { } unknown)
            throw new HandlersConfigurationException([$"Handler '{unknown}' does not read topic '{topic}'.{Closest.Hint(unknown, readers.Select(static r => r.Name))}"]);
        if (asked.Handlers.Count > 0) readers.RemoveAll(r => !asked.Handlers.Contains(r.Name));
        var transports = readers.Select(static r => r.Settings.Transport).Distinct().Order(StringComparer.Ordinal).ToList();
        if (transports.Count > 1)
            throw new HandlersConfigurationException([$"Handlers of several transports read a topic '{topic}'. Name the transport (--transport): {string.Join(" or ", transports.Select(static t => $"'{t}'"))}."]);
        declarations.Only = readers.Select(static r => r.Name).ToHashSet(StringComparer.Ordinal);
        return transports[0];
    }

    /// <summary>Every transport is stood before: what is published to another one is dropped too.</summary>
    private void Prepare(ReplayArguments asked, string name)
    {
        if (services.GetRequiredService<HandlersRuntime>().HasTransports)
            throw new HandlersConfigurationException(["A transport was used before the replay began, so what is published could not be kept back. Call RunHandlersAsync before anything publishes or subscribes."]);
        var declarations = services.GetRequiredService<HandlerDeclarations>();
        foreach (var (transport, make) in declarations.Transports.ToList())
        {
            declarations.Transports[transport] = s =>
            {
                var inner = make(s);
                var publisher = new ReplayPublisher(asked.Publishes ? inner.Publisher : null, count => Interlocked.Add(ref published, count));
                return new ReplayTransport(inner, transport == name ? asked.Window : null, publisher, s.GetRequiredService<TimeProvider>());
            };
        }
    }

    /// <summary>Runs the handlers until they have all of it. Null: they have.</summary>
    private async Task<string?> HandleAsync(HandlersRuntime runtime, string name, CancellationToken stop)
    {
        var handlers = services.GetServices<IHostedService>().OfType<HandlersService>().Single();
        await handlers.StartingAsync(stop);
        await handlers.StartAsync(stop);
        await handlers.StartedAsync(stop);
        var transport = (ReplayTransport)runtime.Transport(name);
        var stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping; // a handler or a failure asks for it
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, stopping);
        var time = services.GetRequiredService<TimeProvider>();
        var line = new TerminalLine(isTerminal ? errors : TextWriter.Null);
        while (!transport.Over.IsCompleted && runtime.Failures.Count < transport.Unfinished && !either.IsCancellationRequested)
        {
            using var looked = CancellationTokenSource.CreateLinkedTokenSource(either.Token);
            await Task.WhenAny(transport.Over, Task.Delay(Look, time, looked.Token));
            await looked.CancelAsync();
            line.Show(string.Create(CultureInfo.InvariantCulture, $"replayed {services.GetRequiredService<HandlersStatus>().Handlers.Sum(static h => h.Counts.Received)}"));
        }

        await handlers.StoppingAsync(CancellationToken.None);
        await handlers.StopAsync(CancellationToken.None);
        await handlers.StoppedAsync(CancellationToken.None);
        line.End();
        return runtime.Failures.Count > 0 ? runtime.Failures[0].Message
            : stop.IsCancellationRequested ? Interrupted
            : transport.Unfinished > 0 ? "A handler asked for the stop before it had all of it." : null;
    }
}
