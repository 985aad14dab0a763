using System.Text;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Tests;

/// <summary>A broker with a topic of dead letters, the application whose handlers declare it, and the application's redrives.</summary>
internal sealed class DeadLetterTopic : IAsyncDisposable
{
    public const string Name = "things.dead";

    private readonly FakeClock clock = new();
    private readonly InMemoryTransport transport;

    public DeadLetterTopic(Func<ITransport, ITransport>? between = null, int partitions = 1, Action<HandlersBuilder>? configure = null, Action<HandlersOptions>? options = null)
    {
        Broker = new InMemoryBroker(clock) { Partitions = partitions };
        transport = new InMemoryTransport(Broker);
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new() { ApplicationName = "test" });
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        var handlers = HandlersBuilder.For(builder.Services).Configure(options ?? (_ => { }))
            .AddTransport("default", _ => between?.Invoke(transport) ?? transport)
            .Add(TestHandler.Of((_, _, _) => default, settings: s => s with { DeadLetter = Name }));
        configure?.Invoke(handlers);
        Host = builder.Build();
    }

    /// <summary>Compares results by their counts alone.</summary>
    public static EqualityComparer<RedriveResult> Counts { get; } =
        EqualityComparer<RedriveResult>.Create((a, b) => (a!.Read, a.PutBack, a.Left, a.WithoutOrigin) == (b!.Read, b.PutBack, b.Left, b.WithoutOrigin));

    public InMemoryBroker Broker { get; }

    public IHost Host { get; }

    /// <summary>A letter as the runtime writes it, of the message <c>things/0@{position}</c>.</summary>
    public static OutgoingMessage Letter(int position, string? origin = TestHandler.Topic, string handler = "Things.OnThing", string? redriven = null, params Header[] own) => new()
    {
        Topic = Name,
        Key = OutgoingMessage.Utf8($"key {position}"),
        Body = OutgoingMessage.Utf8($"body {position}"),
        Headers = new Headers(
        [
            .. own,
            .. redriven is null ? [] : new[] { Header.Of(DeadLetterHeaders.Redriven, redriven) },
            Header.Of(DeadLetterHeaders.Id, $"things/0@{position}"),
            .. origin is null ? [] : new[] { Header.Of(DeadLetterHeaders.Topic, origin) },
            Header.Of(DeadLetterHeaders.Lane, "0"),
            Header.Of(DeadLetterHeaders.Position, $"{position}"),
            Header.Of(DeadLetterHeaders.Group, "test"),
            Header.Of(DeadLetterHeaders.Handler, handler),
            Header.Of(DeadLetterHeaders.Attempts, "3"),
            Header.Of(DeadLetterHeaders.Exception, "System.Exception"),
            Header.Of(DeadLetterHeaders.Reason, "it is broken"),
            Header.Of(DeadLetterHeaders.Time, "2000-01-01T00:00:00.0000000Z"),
            Header.Of(DeadLetterHeaders.Published, "2000-01-01T00:00:00.0000000Z"),
        ]),
    };

    public Task PublishAsync(params OutgoingMessage[] messages) => transport.PublishAsync(messages, TestContext.Current.CancellationToken).AsTask();

    public Task<RedriveResult> RedriveAsync(RedriveOptions? options = null, string topic = Name, TimeSpan? step = null, CancellationToken stop = default) =>
        Advancing(Host.Services.GetRequiredService<DeadLetters>().RedriveAsync(topic, options, null, stop), step);

    /// <summary>A redrive by another process.</summary>
    public Task<RedriveResult> RedriveOverAsync(ITransport other)
    {
        var declarations = new HandlerDeclarations();
        declarations.Transports["default"] = _ => other;
        return Advancing(new DeadLetters(new HandlersRuntime(declarations, Host.Services), declarations, Host.Services, Host.Services.GetRequiredService<ILogger<DeadLetters>>())
            .RedriveAsync(Name, new() { Transport = "default" }));
    }

    /// <summary>Waits while time goes on: slowly, as what runs meanwhile takes real time, and a redrive does not wait for ever.</summary>
    public async Task<T> Advancing<T>(Task<T> work, TimeSpan? step = null)
    {
        await Waiting.UntilAsync(() =>
        {
            if (!work.IsCompleted) clock.Advance(step ?? TimeSpan.FromMilliseconds(25));
            return work.IsCompleted;
        });
        return await work;
    }

    public void Advance(TimeSpan time) => clock.Advance(time);

    /// <summary>The bodies of a topic.</summary>
    public List<string> Bodies(string topic = TestHandler.Topic) => [.. Broker.Messages(topic).Select(m => Encoding.UTF8.GetString(m.Body!.Value.Span))];

    /// <summary>The values of a header of a topic's messages.</summary>
    public List<string?> Headers(string header, string topic = TestHandler.Topic) => [.. Broker.Messages(topic).Select(m => m.Headers.Text(header))];

    public async ValueTask DisposeAsync() => await ((IAsyncDisposable)Host).DisposeAsync();
}
