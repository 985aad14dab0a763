using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Handlers.Kinesis;

/// <summary>
/// The settings of arXiv's consumer by its names (<c>KINESIS_STREAM</c>, <c>AWS_REGION</c>, ...), wherever configuration has them, the environment above all.
/// They go before what is set otherwise. What is left out is as <see cref="KinesisOptions"/> says, but for its retries.
/// </summary>
internal sealed class ArxivSettings(IConfiguration configuration)
{
    private static readonly string[] Its =
    [
        "KINESIS_STREAM", "KINESIS_SHARD_ID", "KINESIS_START_TYPE", "KINESIS_START_AT", "KINESIS_CHECKPOINT_VOLUME",
        "KINESIS_RETRY_TRIES", "KINESIS_RETRY_DELAY", "KINESIS_RETRY_MAX_DELAY", "KINESIS_RETRY_BACKOFF", "KINESIS_RETRY_JITTER",
    ];

    private readonly ConfigurationValues values = new();
    private readonly List<(string Setting, string Value)> takenAsUtc = [];

    /// <summary>Times that name no zone, for the log.</summary>
    public static IReadOnlyList<(string Setting, string Value)> Apply(KinesisOptions options, IConfiguration configuration)
    {
        var settings = new ArxivSettings(configuration);
        settings.Apply(options);
        settings.values.ThrowIfWrong();
        return settings.takenAsUtc;
    }

    private void Apply(KinesisOptions options)
    {
        options.Stream = Text("KINESIS_STREAM") ?? options.Stream;
        options.ShardId = Text("KINESIS_SHARD_ID") ?? options.ShardId;
        options.AccessKey = Text("AWS_ACCESS_KEY_ID") ?? options.AccessKey;
        options.SecretKey = Text("AWS_SECRET_ACCESS_KEY") ?? options.SecretKey;
        options.SessionToken = Text("AWS_SESSION_TOKEN") ?? options.SessionToken;
        options.Region = Text("AWS_REGION") ?? options.Region;
        options.Endpoint = Text("KINESIS_ENDPOINT") ?? options.Endpoint;
        options.CheckpointFolder = Text("KINESIS_CHECKPOINT_VOLUME") ?? options.CheckpointFolder;
        if (Entry("KINESIS_VERIFY") is { } verify) options.VerifyTls = values.Truth(verify) ?? options.VerifyTls;
        Start(options);
        Retry(options);
    }

    private void Start(KinesisOptions options)
    {
        if (Entry("KINESIS_START_AT") is { } entry && values.Time(entry) is { } at)
        {
            options.StartAt = at.Time;
            if (!at.HasZone) takenAsUtc.Add((entry.Path, entry.Value!));
        }

        if (Entry("KINESIS_START_TYPE") is not { } type)
        {
            if (Entry("KINESIS_START_AT") is not null) options.Start = StartFrom.Time;
            return;
        }

        switch (type.Value!.ToUpperInvariant())
        {
            case "TRIM_HORIZON": options.Start = StartFrom.Earliest; break;
            case "LATEST": options.Start = StartFrom.Latest; break;
            // As there: without a time it is now, which a group that is new remembers.
            case "AT_TIMESTAMP": options.Start = options.StartAt is null ? StartFrom.Latest : StartFrom.Time; break;
            default: values.Add($"{type.Path} is '{type.Value}'; allowed are TRIM_HORIZON, LATEST and AT_TIMESTAMP."); break;
        }
    }

    private void Retry(KinesisOptions options)
    {
        var retry = Its.Any(name => Entry(name) is not null) ? LikeIts(options.Retry) : options.Retry;
        if (Entry("KINESIS_RETRY_TRIES") is { } tries) retry = retry with { Tries = (int?)values.Number(tries, int.MaxValue) ?? retry.Tries };
        if (Seconds("KINESIS_RETRY_DELAY") is { } delay) retry = retry with { Delay = delay };
        if (Seconds("KINESIS_RETRY_MAX_DELAY") is { } most) retry = retry with { MaxDelay = most };
        if (Entry("KINESIS_RETRY_BACKOFF") is { } backoff) retry = retry with { Backoff = values.Fraction(backoff) ?? retry.Backoff };
        if (Entry("KINESIS_RETRY_JITTER") is { } jitter) retry = Jitter(retry, jitter);
        options.Retry = retry;
    }

    /// <summary>Its defaults, where the section does not say otherwise: the pauses stay the same, and when the tries are used up it ends.</summary>
    private KinesisRetry LikeIts(KinesisRetry retry)
    {
        var said = configuration.GetSection("Kinesis").GetSection(nameof(KinesisOptions.Retry));
        return retry with
        {
            Tries = said[nameof(retry.Tries)] is null ? 5 : retry.Tries,
            Backoff = said[nameof(retry.Backoff)] is null ? 1 : retry.Backoff,
        };
    }

    /// <summary>A number is added to each pause as it is; two, as a tuple of Python's writes them, are the bounds of chance.</summary>
    private KinesisRetry Jitter(KinesisRetry retry, IConfigurationSection entry)
    {
        var parts = entry.Value!.Trim('(', ')', '[', ']', ' ').Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length <= 2 && parts.All(static p => double.TryParse(p, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and < 1e6))
        {
            var bounds = parts.Select(static p => TimeSpan.FromSeconds(double.Parse(p, CultureInfo.InvariantCulture))).ToList();
            return retry with { JitterLeast = bounds[0], Jitter = bounds[^1] };
        }

        values.Add($"{entry.Path} is '{entry.Value}'; a number of seconds is allowed, or two: 0,2.");
        return retry;
    }

    private TimeSpan? Seconds(string name)
    {
        if (Entry(name) is not { } entry || values.Fraction(entry) is not { } seconds) return null;
        if (seconds is >= 0 and < 1e6) return TimeSpan.FromSeconds(seconds);
        values.Add($"{entry.Path} is '{entry.Value}'; a number of seconds from 0 to 1,000,000 is allowed.");
        return null;
    }

    private string? Text(string name) => Entry(name)?.Value;

    private IConfigurationSection? Entry(string name) => configuration.GetSection(name) is { Value.Length: > 0 } entry ? entry : null;
}
