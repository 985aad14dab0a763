using System.Globalization;

namespace Handlers.Kinesis;

/// <summary>What options may be. Each error names the option and what is allowed.</summary>
internal static class KinesisOptionsCheck
{
    public const int MostRecords = 10_000; // of one GetRecords, by the service
    public const int MostRecordBytes = 10 * 1024 * 1024; // of any stream, by the service

    public static void Check(KinesisOptions options)
    {
        var errors = Errors(options).Concat(Leases(options.Leases)).Concat(Retry(options.Retry)).ToList();
        if (errors.Count > 0) throw new HandlersConfigurationException(errors);
    }

    private static IEnumerable<string> Errors(KinesisOptions options)
    {
        if (options.Endpoint is { } endpoint && !IsAddress(endpoint)) yield return $"Kinesis: Endpoint is '{endpoint}', which is no address. Such as http://127.0.0.1:4567.";
        if (options.AccessKey is null != options.SecretKey is null) yield return "Kinesis: AccessKey and SecretKey come together. Set both, or none for the SDK's own chain (environment, profile, role).";
        if (options.Start == StartFrom.Default || !Enum.IsDefined(options.Start)) yield return "Kinesis: Start must be Earliest, Latest or Time.";
        if (options.Start == StartFrom.Time && options.StartAt is null) yield return "Kinesis: Start is Time, and StartAt says no time.";
        if (options.CreateStreams is < 1 or > 10_000) yield return Text($"Kinesis: CreateStreams is {options.CreateStreams}; allowed are 1 to 10,000 shards.");
        if (options.CheckpointFolder is { } folder && string.IsNullOrWhiteSpace(folder)) yield return "Kinesis: CheckpointFolder is empty. Name a folder, such as ./checkpoints.";
        var kept = new[] { options.CheckpointFolder is not null, options.Checkpoints is not null, options.Leases is not null }.Count(static k => k);
        if (kept > 1) yield return "Kinesis: CheckpointFolder, Checkpoints and Leases exclude each other: positions are kept in one place. Leases are for several processes, the others for one.";
        if (!Enum.IsDefined(options.Reads)) yield return Text($"Kinesis: Reads is {(int)options.Reads}; allowed are Polling and FanOut.");
        if (!Enum.IsDefined(options.OnLostPosition)) yield return Text($"Kinesis: OnLostPosition is {(int)options.OnLostPosition}; allowed are Fail and StartOver.");
        if (options.FetchRecords is < 1 or > MostRecords) yield return Text($"Kinesis: FetchRecords is {options.FetchRecords}; allowed are 1 to {MostRecords:N0}.");
        if (options.RecordBytes is < 1024 or > MostRecordBytes) yield return Text($"Kinesis: RecordBytes is {options.RecordBytes}; allowed are 1,024 to {MostRecordBytes:N0}.");
        foreach (var error in Span(nameof(options.FetchInterval), options.FetchInterval, TimeSpan.Zero, TimeSpan.FromHours(1))) yield return error;
        foreach (var error in Span(nameof(options.ShardInterval), options.ShardInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))) yield return error;
        if (options.Duration <= TimeSpan.Zero) yield return Text($"Kinesis: Duration is {options.Duration}; it must be more than zero, or be left out to run until stopped.");
    }

    private static IEnumerable<string> Leases(KinesisLeaseOptions? leases)
    {
        if (leases is null) yield break;
        if (string.IsNullOrWhiteSpace(leases.Table)) yield return "Kinesis: Leases:Table is empty. Name the table of DynamoDB; {group} and {topic} in it are replaced.";
        if (leases.Endpoint is { } endpoint && !IsAddress(endpoint)) yield return $"Kinesis: Leases:Endpoint is '{endpoint}', which is no address. Such as http://127.0.0.1:8000.";
        if (leases.WorkerId is { } worker && string.IsNullOrWhiteSpace(worker)) yield return "Kinesis: Leases:WorkerId is empty. Leave it out, or give each process its own.";
        foreach (var error in Span("Leases:LeaseTime", leases.LeaseTime, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))) yield return error;
        foreach (var error in Span("Leases:HandOverTime", leases.HandOverTime, TimeSpan.Zero, TimeSpan.FromHours(1))) yield return error;
    }

    private static IEnumerable<string> Retry(KinesisRetry retry)
    {
        if (retry.Tries is not -1 and (< 1 or > 1_000)) yield return Text($"Kinesis: Retry:Tries is {retry.Tries}; allowed are 1 to 1,000, or -1 for no end.");
        if (retry.Backoff is not (>= 1 and <= 100)) yield return Text($"Kinesis: Retry:Backoff is {retry.Backoff}; allowed are 1 to 100.");
        foreach (var error in Span("Retry:Delay", retry.Delay ?? TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromHours(1))) yield return error;
        foreach (var error in Span("Retry:MaxDelay", retry.MaxDelay ?? TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromHours(1))) yield return error;
        foreach (var error in Span("Retry:JitterLeast", retry.JitterLeast, TimeSpan.Zero, retry.Jitter)) yield return error;
        foreach (var error in Span("Retry:Jitter", retry.Jitter, TimeSpan.Zero, TimeSpan.FromHours(1))) yield return error;
    }

    private static IEnumerable<string> Span(string name, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most) yield return Text($"Kinesis: {name} is {value}; allowed are {least} to {most}.");
    }

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
