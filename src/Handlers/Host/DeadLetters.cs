using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Handlers;

/// <summary>
/// Puts dead letters back to the topics that they came from. Injectable, and of use whether the handlers run in this process or not. Every
/// group of a topic reads what is put back to it again, not only the one that failed.
/// </summary>
public sealed class DeadLetters
{
    private readonly HandlersRuntime runtime;
    private readonly HandlerDeclarations declarations;
    private readonly IServiceProvider services;
    private readonly ILogger logger;

    internal DeadLetters(HandlersRuntime runtime, HandlerDeclarations declarations, IServiceProvider services, ILogger<DeadLetters> logger)
    {
        this.runtime = runtime;
        this.declarations = declarations;
        this.services = services;
        this.logger = logger;
    }

    /// <summary>
    /// Puts back what a topic of dead letters has now and what was not put back before; letters that come meanwhile are for the next time.
    /// A letter is acknowledged before the position passes it, so that a crash puts some back twice, with the same id, and none not at all.
    /// </summary>
    /// <param name="topic">The dead letters, by their name at the broker.</param>
    /// <param name="options">Which of them, and where to.</param>
    /// <param name="progress">Hears of every batch, from any thread.</param>
    /// <param name="stop">Ends it in order: what is put back is committed, then <see cref="OperationCanceledException"/> is thrown.</param>
    /// <exception cref="HandlersConfigurationException">The topic or the transport is not known here, or an option has no meaning.</exception>
    /// <exception cref="TransportException">A lane cannot be read, or a letter not be published. The other lanes are put back all the same.</exception>
    public async Task<RedriveResult> RedriveAsync(
        string topic, RedriveOptions? options = null, IProgress<RedriveProgress>? progress = null, CancellationToken stop = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        options ??= new RedriveOptions();
        if (options.To == topic) throw new HandlersConfigurationException([$"The dead letters of '{topic}' cannot be put back to '{topic}' itself. Name another topic, or none: each letter then goes to the one that it came from."]);
        if (options.Limit < 1) throw new HandlersConfigurationException([$"At most {options.Limit} dead letters are to be put back; 1 is the least."]);
        var settings = services.GetRequiredService<IOptions<HandlersOptions>>().Value;
        var declared = Declared(settings);
        var transport = runtime.Transport(options.Transport ?? TransportOf(topic, declared));
        var run = new RedriveRun(
            topic, RedriveRun.GroupOf(options), options, new RedriveTally(options.Limit, progress), settings, runtime.StartWork, services.GetRequiredService<TimeProvider>(), logger);
        logger.RedriveBegan(topic, run.Group);
        try
        {
            return await new Redriver(transport, run).RunAsync(stop);
        }
        finally
        {
            var (read, putBack, left, withoutOrigin) = run.Tally.Result;
            logger.RedriveEnded(topic, read, putBack, left, withoutOrigin);
        }
    }

    /// <summary>
    /// Looks at dead letters: without a group, so no position moves, nothing is made, and a redrive and handlers that run beside it do not notice. What it costs the
    /// broker is the reading of about as many letters as are asked for; on Kinesis, where a shard does not tell where it ends, the newest are looked for in the last
    /// hour, the last day and from the beginning, within the five reads a second that the shard's consumers have too.
    /// </summary>
    /// <param name="topic">The dead letters, by their name at the broker.</param>
    /// <param name="look">Which of them. Null: the newest 50.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="HandlersConfigurationException">The topic or the transport is not known here, the transport cannot be looked into, or an option has no meaning.</exception>
    /// <exception cref="TransportException">A lane cannot be read, or there is no such lane or position.</exception>
    public async Task<LettersSeen> LookAsync(string topic, LetterLook? look = null, CancellationToken stop = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        look ??= new LetterLook();
        Check(topic, look);
        var transport = look.Transport ?? TransportOf(topic, Declared(services.GetRequiredService<IOptions<HandlersOptions>>().Value));
        var reader = runtime.Transport(transport).Reader
            ?? throw new HandlersConfigurationException([$"Topic '{topic}' cannot be looked into: transport '{transport}' ({runtime.Transport(transport).System}) does not read without a group."]);
        try
        {
            return await new LetterLooker(reader, topic, look, services.GetRequiredService<TimeProvider>()).RunAsync(stop);
        }
        catch (TransportException e) when (e.Kind == TransportErrorKind.Topic && look is { Transport: null, Partition: null })
        {
            // A handler declares it, and brokers make it with the first letter.
            return new LettersSeen([], [], HasMore: false, IsComplete: true);
        }
    }

    private static void Check(string topic, LetterLook look)
    {
        var errors = new List<string>();
        if (look.Limit is < 1 or > LetterLook.MostLetters) errors.Add($"A look at '{topic}' is to show {look.Limit} letters; 1 to {LetterLook.MostLetters} is possible.");
        if (look.BodyBytes < 0) errors.Add($"A look at '{topic}' is to show {look.BodyBytes} bytes of each body; 0 is the least.");
        if (look.TimeLimit <= TimeSpan.Zero) errors.Add($"A look at '{topic}' is to take {look.TimeLimit}; it must be more than zero.");
        if (look is { From.After: not null, Partition: null }) errors.Add($"A look at '{topic}' is to begin at a position, and a position is of one partition. Name it.");
        if (errors.Count > 0) throw new HandlersConfigurationException(errors);
    }

    /// <summary>The handlers with dead letters, as configuration has them. Where nothing is started, nobody else has read the options from it.</summary>
    private List<HandlerSettings> Declared(HandlersOptions options)
    {
        var errors = new List<string>();
        var overrides = new SettingsOverrides(services.GetRequiredService<IConfiguration>().GetSection("Handlers"), errors);
        var application = services.GetRequiredService<IHostEnvironment>().ApplicationName;
        if (!runtime.HasStarted)
        {
            overrides.Apply(options, [.. declarations.Handlers.Select(h => h.Name)]);
            HandlersOptionsCheck.Check(options, errors);
        }

        var declared = declarations.Handlers.Select(h => overrides.Resolve(h, application)).OfType<HandlerSettings>().Where(s => s.DeadLetter is not null).ToList();
        return errors.Count == 0 ? declared : throw new HandlersConfigurationException(errors);
    }

    /// <summary>The transport of the handlers that declare the topic for their dead letters: some transports make a topic that is only misspelled.</summary>
    private static string TransportOf(string topic, List<HandlerSettings> declared)
    {
        var transports = declared.Where(s => s.DeadLetter == topic).Select(s => s.Transport).Distinct().ToList();
        return transports switch
        {
            [var one] => one,
            [] => throw new HandlersConfigurationException([
                $"No handler of this application declares topic '{topic}' for its dead letters.{Closest.Hint(topic, declared.Select(s => s.DeadLetter!))} Any other topic is redriven where its transport is named (--transport {StreamHandlerAttribute.DefaultTransport}, for example)."]),
            _ => throw new HandlersConfigurationException([
                $"Handlers of several transports declare topic '{topic}' for their dead letters. Name the transport (--transport): {string.Join(" or ", transports.Order(StringComparer.Ordinal).Select(t => $"'{t}'"))}."]),
        };
    }
}
