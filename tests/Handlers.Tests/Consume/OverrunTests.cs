using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Tests;

public sealed class OverrunTests
{
    /// <summary>A handler that was given up may end when the application's loggers are gone: some throw then.</summary>
    [Fact]
    public async Task A_logger_that_throws_when_the_overrun_has_ended_does_not_end_the_process()
    {
        var context = new Recording();
        using var logger = new ThrowsAtEnd();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var transport = new ScriptedTransport
        {
            Read = (batch, _) =>
            {
                batch.Add(ScriptedTransport.Message("x"));
                return new(true);
            },
        };
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "test" });
        builder.Logging.AddProvider(logger);
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false, StartWork = context.Start });
        HandlersBuilder.For(builder.Services)
            .Add(TestHandler.Of((_, _, _) =>
            {
                begun.TrySetResult();
                return new(release.Task);
            }))
            .AddTransport("default", _ => transport)
            .Configure(o => o.StopBudget = TimeSpan.FromMilliseconds(200));
        using (var host = builder.Build())
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
            await begun.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        release.SetResult();
        await logger.Thrown.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await Task.Delay(100, TestContext.Current.CancellationToken);

        Assert.Empty(context.Unhandled); // what an async void method throws comes here; without a context it ends the process
    }

    /// <summary>The thread pool, as a context that hears what nobody caught.</summary>
    private sealed class Recording : SynchronizationContext
    {
        public ConcurrentQueue<Exception> Unhandled { get; } = new();

        public Task Start(Func<Task> work)
        {
            var started = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
            Post(_ => started.SetResult(work()), null);
            return started.Task.Unwrap();
        }

        public override void Post(SendOrPostCallback d, object? state) => ThreadPool.UnsafeQueueUserWorkItem(_ =>
        {
            SetSynchronizationContext(this);
            try
            {
                d(state);
            }
            catch (Exception e)
            {
                Unhandled.Enqueue(e);
            }
            finally
            {
                SetSynchronizationContext(null);
            }
        }, null);
    }

    private sealed class ThrowsAtEnd : ILoggerProvider, ILogger
    {
        public TaskCompletionSource Thrown { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id != 23) return;
            Thrown.TrySetResult();
            throw new ObjectDisposedException("the event log");
        }

        public void Dispose() { }
    }
}
