using Microsoft.Extensions.Logging;

namespace Handlers.Tests;

/// <summary>Writes down what is logged. Whoever reads the list locks it.</summary>
internal sealed class Recording(List<string> logs) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (logs) logs.Add(formatter(state, exception));
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Dispose() { }
}
