using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka.Tests;

/// <summary>What was logged.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(long At, LogLevel Level, string Text)> lines = [];

    /// <summary>Warnings and errors.</summary>
    public IReadOnlyList<string> Warnings => [.. lines.Where(l => l.Level >= LogLevel.Warning).Select(l => l.Text)];

    /// <summary>When the first line came that has this text, as a timestamp; null: none did.</summary>
    public long? FirstAt(string text) => lines.Where(l => l.Text.Contains(text, StringComparison.Ordinal)).Select(l => (long?)l.At).FirstOrDefault();

    public override string ToString() => string.Join('\n', lines.Select(l => $"{l.Level} {l.Text}"));

    ILogger ILoggerProvider.CreateLogger(string categoryName) => this;

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue((TimeProvider.System.GetTimestamp(), logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
