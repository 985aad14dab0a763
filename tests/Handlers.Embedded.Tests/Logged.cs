using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Handlers.Embedded.Tests;

/// <summary>Keeps what was logged.</summary>
internal sealed class Logged : ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> entries = new();

    public int Count(int id) => entries.Count(e => e.Id == id);

    public string Text(int id) => entries.First(e => e.Id == id).Text;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        entries.Enqueue((eventId.Id, formatter(state, exception)));
}
