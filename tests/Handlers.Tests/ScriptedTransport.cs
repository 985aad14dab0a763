using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

/// <summary>A transport with one lane, whose every answer the test gives.</summary>
internal sealed class ScriptedTransport : ITransport, ISubscription, ILane
{
    private readonly TaskCompletionSource<Revocation> revoked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource lost = new();
    private int reads;

    /// <summary>The first read; the later ones wait.</summary>
    public Func<MessageBatch, CancellationToken, ValueTask<bool>>? Read { get; init; }

    public Func<CancellationToken, ValueTask>? Flush { get; init; }

    public Action<Position>? OnStore { get; init; }

    public Action? OnRelease { get; init; }

    /// <summary>How long the lane takes to be released.</summary>
    public Task Releasing { get; init; } = Task.CompletedTask;

    /// <summary>How long the group, and after it the transport, takes to be left.</summary>
    public Task Leaving { get; init; } = Task.CompletedTask;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public ConcurrentQueue<Position> Stored { get; } = new();

    public int Flushes { get; private set; }

    public int Disposals { get; private set; }

    public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<LaneEnd> Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IPublisher Publisher => null!;

    public LaneId Id => new(TestHandler.Topic, "0", 1);

    public LaneState State => default;

    public Task<Revocation> Revoked => revoked.Task;

    public CancellationToken Lost => lost.Token;

    /// <summary>What was asked for.</summary>
    public SubscriptionRequest? Requested { get; private set; }

    public ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop)
    {
        Requested = request;
        return new(this);
    }

    public async IAsyncEnumerable<ILane> LanesAsync([EnumeratorCancellation] CancellationToken stop)
    {
        yield return this;
        await Task.Delay(Timeout.Infinite, stop);
    }

    public async ValueTask<bool> ReadAsync(MessageBatch into, CancellationToken stop)
    {
        if (reads++ == 0 && Read is not null) return await Read(into, stop);
        Waiting.TrySetResult();
        await Task.Delay(Timeout.Infinite, stop);
        return false;
    }

    public void Store(Position handled)
    {
        OnStore?.Invoke(handled);
        Stored.Enqueue(handled);
    }

    public ValueTask FlushAsync(CancellationToken stop)
    {
        Flushes++;
        stop.ThrowIfCancellationRequested();
        return Flush?.Invoke(stop) ?? default;
    }

    public void Revoke(DateTimeOffset deadline) => revoked.SetResult(new Revocation(deadline));

    /// <summary>The token says at once that the lane is lost; those who listen to it hear of it only when <paramref name="heard"/> is set.</summary>
    public void Lose(ManualResetEventSlim heard)
    {
        lost.Token.Register(heard.Wait); // the latest callback runs first
        _ = lost.CancelAsync();
    }

    public ValueTask SeekAsync(StartPosition to, CancellationToken stop) => throw new NotSupportedException();

    public ValueTask ReleaseAsync(LaneEnd end)
    {
        OnRelease?.Invoke();
        Released.TrySetResult(end);
        return new(Releasing);
    }

    public ValueTask DisposeAsync()
    {
        Disposals++;
        return new(Leaving);
    }

    public IHost Build(HandlerRegistration handler, Action<HandlersOptions>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "test" });
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        builder.Services.AddSingleton(Time);
        HandlersBuilder.For(builder.Services).Add(handler).AddTransport("default", _ => this).Configure(configure ?? (_ => { }));
        return builder.Build();
    }

    public async Task<IHost> StartAsync(HandlerRegistration handler, Action<HandlersOptions>? configure = null)
    {
        var host = Build(handler, configure);
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public static Message Message(string body, long position = 0) => new()
    {
        Position = new Position(position),
        Body = Bytes.Of(System.Text.Encoding.UTF8.GetBytes(body)),
    };
}
