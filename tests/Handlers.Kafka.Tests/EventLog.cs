using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka.Tests;

/// <summary>Which events were logged, by their ids, and what was said; it shows with <c>-diagnostics</c> too.</summary>
internal sealed class EventLog : ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> events = new();
    private readonly DiagnosticLog diagnostics = new(TestContext.Current);

    public IReadOnlyList<int> Events => [.. events.Select(static e => e.Id)];

    public IReadOnlyList<string> Texts(int id) => [.. events.Where(e => e.Id == id).Select(static e => e.Text)];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        events.Enqueue((eventId.Id, formatter(state, exception)));
        diagnostics.Log(logLevel, eventId, state, exception, formatter);
    }
}
