using Microsoft.Extensions.Configuration;

namespace Handlers.Kinesis;

/// <summary>Reads options from configuration by hand: no reflection, and no key that is silently ignored.</summary>
internal sealed class KinesisConfiguration
{
    private static readonly string[] Keys =
    [
        nameof(KinesisOptions.Region), nameof(KinesisOptions.Endpoint), nameof(KinesisOptions.VerifyTls), nameof(KinesisOptions.AccessKey), nameof(KinesisOptions.SecretKey),
        nameof(KinesisOptions.SessionToken), nameof(KinesisOptions.Stream), nameof(KinesisOptions.ShardId), nameof(KinesisOptions.Start), nameof(KinesisOptions.StartAt),
        nameof(KinesisOptions.CreateStreams), nameof(KinesisOptions.CheckpointFolder), nameof(KinesisOptions.Leases), nameof(KinesisOptions.ShardInterval), nameof(KinesisOptions.Reads),
        nameof(KinesisOptions.ConsumerName), nameof(KinesisOptions.FetchRecords), nameof(KinesisOptions.FetchInterval), nameof(KinesisOptions.Retry), nameof(KinesisOptions.OnLostPosition),
        nameof(KinesisOptions.Duration), nameof(KinesisOptions.Aggregate), nameof(KinesisOptions.RecordBytes),
    ];

    private static readonly string[] RetryKeys =
        [nameof(KinesisRetry.Tries), nameof(KinesisRetry.Delay), nameof(KinesisRetry.Backoff), nameof(KinesisRetry.MaxDelay), nameof(KinesisRetry.JitterLeast), nameof(KinesisRetry.Jitter)];

    private static readonly string[] LeaseKeys =
        [nameof(KinesisLeaseOptions.Table), nameof(KinesisLeaseOptions.Endpoint), nameof(KinesisLeaseOptions.WorkerId), nameof(KinesisLeaseOptions.LeaseTime), nameof(KinesisLeaseOptions.HandOverTime)];

    private readonly ConfigurationValues values = new();

    public static KinesisOptions Read(IConfigurationSection section)
    {
        var reading = new KinesisConfiguration();
        var options = reading.Options(section);
        reading.values.ThrowIfWrong();
        return options;
    }

    private KinesisOptions Options(IConfigurationSection section)
    {
        var options = new KinesisOptions();
        foreach (var entry in section.GetChildren())
        {
            switch (values.Known(entry, Keys))
            {
                case nameof(options.Region): options.Region = entry.Value; break;
                case nameof(options.Endpoint): options.Endpoint = entry.Value; break;
                case nameof(options.VerifyTls): options.VerifyTls = values.Truth(entry) ?? options.VerifyTls; break;
                case nameof(options.AccessKey): options.AccessKey = entry.Value; break;
                case nameof(options.SecretKey): options.SecretKey = entry.Value; break;
                case nameof(options.SessionToken): options.SessionToken = entry.Value; break;
                case nameof(options.Stream): options.Stream = entry.Value; break;
                case nameof(options.ShardId): options.ShardId = entry.Value; break;
                case nameof(options.Start): options.Start = values.Word<StartFrom>(entry) ?? options.Start; break;
                case nameof(options.StartAt): options.StartAt = values.Time(entry)?.Time; break;
                case nameof(options.CreateStreams): options.CreateStreams = (int?)values.Number(entry, int.MaxValue); break;
                case nameof(options.CheckpointFolder): options.CheckpointFolder = entry.Value; break;
                case nameof(options.Leases): options.Leases = Leases(entry); break;
                case nameof(options.ShardInterval): options.ShardInterval = values.Span(entry) ?? options.ShardInterval; break;
                case nameof(options.Reads): options.Reads = values.Word<KinesisReads>(entry) ?? options.Reads; break;
                case nameof(options.ConsumerName): options.ConsumerName = entry.Value; break;
                case nameof(options.FetchRecords): options.FetchRecords = (int?)values.Number(entry, int.MaxValue) ?? options.FetchRecords; break;
                case nameof(options.FetchInterval): options.FetchInterval = values.Span(entry) ?? options.FetchInterval; break;
                case nameof(options.Retry): options.Retry = Retry(entry); break;
                case nameof(options.OnLostPosition): options.OnLostPosition = values.Word<KinesisLostPosition>(entry) ?? options.OnLostPosition; break;
                case nameof(options.Duration): options.Duration = values.Span(entry); break;
                case nameof(options.RecordBytes): options.RecordBytes = (int?)values.Number(entry, int.MaxValue) ?? options.RecordBytes; break;
                case nameof(options.Aggregate): options.Aggregate = values.Truth(entry) ?? options.Aggregate; break;
            }
        }

        return options;
    }

    private KinesisLeaseOptions Leases(IConfigurationSection section)
    {
        var leases = new KinesisLeaseOptions();
        foreach (var entry in section.GetChildren())
        {
            switch (values.Known(entry, LeaseKeys))
            {
                case nameof(leases.Table): leases.Table = entry.Value ?? ""; break;
                case nameof(leases.Endpoint): leases.Endpoint = entry.Value; break;
                case nameof(leases.WorkerId): leases.WorkerId = entry.Value; break;
                case nameof(leases.LeaseTime): leases.LeaseTime = values.Span(entry) ?? leases.LeaseTime; break;
                case nameof(leases.HandOverTime): leases.HandOverTime = values.Span(entry) ?? leases.HandOverTime; break;
            }
        }

        return leases;
    }

    private KinesisRetry Retry(IConfigurationSection section)
    {
        var retry = new KinesisRetry();
        foreach (var entry in section.GetChildren())
        {
            switch (values.Known(entry, RetryKeys))
            {
                case nameof(retry.Tries): retry = retry with { Tries = (int?)values.Number(entry, int.MaxValue) ?? retry.Tries }; break;
                case nameof(retry.Delay): retry = retry with { Delay = values.Span(entry) ?? retry.Delay }; break;
                case nameof(retry.Backoff): retry = retry with { Backoff = values.Fraction(entry) ?? retry.Backoff }; break;
                case nameof(retry.MaxDelay): retry = retry with { MaxDelay = values.Span(entry) ?? retry.MaxDelay }; break;
                case nameof(retry.JitterLeast): retry = retry with { JitterLeast = values.Span(entry) ?? retry.JitterLeast }; break;
                case nameof(retry.Jitter): retry = retry with { Jitter = values.Span(entry) ?? retry.Jitter }; break;
            }
        }

        return retry;
    }
}
