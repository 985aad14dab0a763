using System.Text;
using Microsoft.Extensions.Logging;

namespace Handlers.Crash;

/// <summary>
/// What one worker did, apart from the log that it reads. One file for each process and one write for each line: what was written
/// survives the end of the process, however sudden.
/// </summary>
/// <remarks>Lanes' begins and ends are heard from the log messages with the ids 10 and 11 of the runtime.</remarks>
internal sealed class Ledger(string path) : ILoggerProvider, ILogger
{
    private const int LaneBegan = 10;
    private const int LaneEnded = 11;

    private readonly FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
    private readonly Lock gate = new();

    public void Handled(MessageContext context, int id) => Write(Of(LineKind.Handled, context, id));

    public void Failed(MessageContext context, int id) => Write(Of(LineKind.Failed, context, id));

    public void Result(MessageContext context, int id) => Write(Of(LineKind.Result, context, id));

    /// <summary>A dead letter says where it is from: topic/partition@position.</summary>
    public void DeadLetter(MessageContext context, int id, string from)
    {
        var place = from.Split('/', '@');
        Write(Of(LineKind.DeadLetter, context, id) with { Partition = place[1], Position = Line.PositionOf(place[2]) });
    }

    private static Line Of(LineKind kind, MessageContext context, int id) => new(kind, context.Lane.Partition, context.Lane.Epoch, Now, context.Position, id);

    private static long Now => TimeProvider.System.GetTimestamp(); // monotonic, and the same for all processes of a machine

    private void Write(in Line line)
    {
        var bytes = Encoding.UTF8.GetBytes(line.Text + "\n");
        lock (gate) file.Write(bytes);
    }

    ILogger ILoggerProvider.CreateLogger(string categoryName) => this;

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id is not (LaneBegan or LaneEnded) || state is not IReadOnlyList<KeyValuePair<string, object?>> values) return;
        if (values.Select(v => v.Value).OfType<LaneId>().FirstOrDefault() is not { Partition: not null } lane) return;
        var kind = eventId.Id == LaneBegan ? LineKind.Began : values.Select(v => v.Value).Contains(LaneEnd.Lost) ? LineKind.Lost : LineKind.Ended;
        Write(new Line(kind, lane.Partition, lane.Epoch, Now, default, 0));
    }

    public void Dispose() => file.Dispose();
}
