namespace Handlers.Benchmarks;

/// <summary>Every handler of this program: whoever runs one of them switches the others off.</summary>
internal static class BenchHandlers
{
    private static readonly string[] All =
    [
        "Measured.OnBytes", "Measured.OnReading", "Measured.OnSuspect", "Measured.OnKeyed", "Measured.OnAny", "Measured.OnSwitched", "Measured.OnSwitchedBytes", "Measured.OnSwitchedKeyed", "Measured.OnEndless",
        "KafkaHandlers.OnReading", "KafkaHandlers.OnBytes", "KafkaHandlers.OnEach",
        "KinesisHandlers.OnReading", "KinesisHandlers.OnBytes",
    ];

    public static IEnumerable<KeyValuePair<string, string?>> Others(string handler) =>
        All.Where(h => h != handler).Select(h => KeyValuePair.Create($"Handlers:{h}:Enabled", (string?)"false"));
}
