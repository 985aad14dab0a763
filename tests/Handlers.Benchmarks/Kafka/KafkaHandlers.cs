namespace Handlers.Benchmarks;

/// <summary>The handlers that read from Kafka. They do nothing but count.</summary>
internal static class KafkaHandlers
{
    public const string Readings = "readings";
    public const string Ledger = "ledger";

    [StreamHandler(Readings, Group = "kafka-json")]
    public static void OnReading(Reading reading) => Handled.See();

    [StreamHandler(Readings, Group = "kafka-bytes")]
    public static void OnBytes(ReadOnlyMemory<byte> body) => Handled.See();

    [StreamHandler(Ledger, Group = "kafka-each", Commit = Commit.EachMessage)]
    public static void OnEach(Reading reading) => Handled.See();
}
