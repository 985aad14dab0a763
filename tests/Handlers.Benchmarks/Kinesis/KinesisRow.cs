namespace Handlers.Benchmarks;

/// <summary>The rows of the table of Kinesis.</summary>
internal static class KinesisRow
{
    public static readonly BenchRow Json = new("ours, JSON, at least once", "kinesis-json", static (r, group) => ShardPass.RunAsync(r, group, "KinesisHandlers.OnReading"));
    public static readonly BenchRow Bytes = new("ours, bytes, at least once", "kinesis-bytes", static (r, group) => ShardPass.RunAsync(r, group, "KinesisHandlers.OnBytes"));
    public static readonly BenchRow BareJson = new("a bare GetRecords loop, JSON", "bare-json", static (r, _) => BareLoop.JsonAsync(r));
    public static readonly BenchRow BareBytes = new("a bare GetRecords loop, bytes", "bare-bytes", static (r, _) => BareLoop.BytesAsync(r));

    public static readonly BenchRow[] All = [Json, Bytes, BareJson, BareBytes];
}
