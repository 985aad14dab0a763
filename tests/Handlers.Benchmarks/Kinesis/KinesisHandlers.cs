namespace Handlers.Benchmarks;

/// <summary>The handlers that read from Kinesis. They do nothing but count.</summary>
internal static class KinesisHandlers
{
    public const string Readings = "shard-readings";

    [StreamHandler(Readings, Group = "kinesis-json")]
    public static void OnReading(Reading reading) => Handled.See();

    [StreamHandler(Readings, Group = "kinesis-bytes")]
    public static void OnBytes(ReadOnlyMemory<byte> body) => Handled.See();
}
