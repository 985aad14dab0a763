using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis.Tests;

/// <summary>Keeps what reading and publishing logged.</summary>
internal sealed class ReadLogged : ILogger
{
    private readonly ConcurrentQueue<(int Id, LogLevel Level, string Text)> entries = new();

    public int Count(int id) => entries.Count(e => e.Id == id);

    public string All => string.Join('\n', entries.Select(static e => e.Text));

    public LogLevel Level(int id) => entries.First(e => e.Id == id).Level;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        entries.Enqueue((eventId.Id, logLevel, formatter(state, exception)));
}
