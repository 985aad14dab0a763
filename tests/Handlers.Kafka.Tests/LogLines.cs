using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka.Tests;

/// <summary>What was logged, from a level on; it shows with <c>-diagnostics</c> too.</summary>
internal sealed class LogLines(LogLevel least = LogLevel.Information) : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(long At, LogLevel Level, int Id, string Text)> lines = [];
    private readonly DiagnosticLog diagnostics = new(TestContext.Current);

    /// <summary>Every line.</summary>
    public IReadOnlyList<string> All => [.. lines.Select(static l => l.Text)];

    /// <summary>Warnings and errors.</summary>
    public IReadOnlyList<string> Warnings => [.. lines.Where(l => l.Level >= LogLevel.Warning).Select(l => l.Text)];

    /// <summary>The ids of the lines.</summary>
    public IReadOnlyList<int> Events => [.. lines.Select(static l => l.Id)];

    /// <summary>The lines with an id.</summary>
    public IReadOnlyList<string> Texts(int id) => [.. lines.Where(l => l.Id == id).Select(static l => l.Text)];

    /// <summary>When the first line came that has this text, as a timestamp; null: none did.</summary>
    public long? FirstAt(string text) => lines.Where(l => l.Text.Contains(text, StringComparison.Ordinal)).Select(l => (long?)l.At).FirstOrDefault();

    public override string ToString() => string.Join('\n', lines.Select(l => $"{l.Level} {l.Text}"));

    ILogger ILoggerProvider.CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        lines.Enqueue((TimeProvider.System.GetTimestamp(), logLevel, eventId.Id, formatter(state, exception)));
        diagnostics.Log(logLevel, eventId, state, exception, formatter);
    }

    public void Dispose()
    {
    }
}
