using System.Globalization;

namespace Handlers.Benchmarks;

/// <summary>What one pass over a topic measured, as a line that one process tells another. The C program prints the same.</summary>
/// <param name="Seconds">How long it took.</param>
/// <param name="Messages">How many messages that were.</param>
/// <param name="Processor">Microseconds of processor time of the client's process, its library's threads included.</param>
/// <param name="Allocated">Bytes of managed memory that the process allocated.</param>
internal sealed record Pass(double Seconds, long Messages, double Processor, long Allocated)
{
    private const string Word = "pass";

    public double PerSecond => Messages / Seconds;

    public double ProcessorOfOne => Processor / Messages;

    public double BytesOfOne => Allocated / (double)Messages;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Word} {Seconds:0.000000} {Messages} {Processor:0} {Allocated}");

    /// <summary>Null where the line is none.</summary>
    public static Pass? Parse(string line) => line.Split(' ') is [Word, var seconds, var messages, var processor, var allocated]
        ? new(double.Parse(seconds, CultureInfo.InvariantCulture), long.Parse(messages, CultureInfo.InvariantCulture), double.Parse(processor, CultureInfo.InvariantCulture), long.Parse(allocated, CultureInfo.InvariantCulture))
        : null;
}
