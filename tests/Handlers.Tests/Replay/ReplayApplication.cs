using System.Collections.Concurrent;
using System.Text;
using Handlers.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

/// <summary>A broker with a topic, and an application whose handlers read it, for its command <c>replay</c>.</summary>
internal sealed class ReplayApplication : IAsyncDisposable
{
    public static readonly DateTimeOffset Begin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeClock clock = new();
    private readonly InMemoryTransport transport;
    private readonly HostApplicationBuilder builder;
    private IHost? host;

    public ReplayApplication(int partitions = 1)
    {
        clock.Advance(Begin.AddDays(1) - clock.GetUtcNow());
        Broker = new InMemoryBroker(clock) { Partitions = partitions };
        transport = new InMemoryTransport(Broker);
        builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new() { ApplicationName = "test" });
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        Handlers = HandlersBuilder.For(builder.Services).AddTransport("default", _ => Between?.Invoke(transport) ?? transport);
    }

    public Func<ITransport, ITransport>? Between { get; init; }

    public InMemoryBroker Broker { get; }

    public HandlersBuilder Handlers { get; }

    public IHost Host => host ??= builder.Build();

    public StringWriter Output { get; } = new();

    public StringWriter Errors { get; } = new();

    /// <summary>What handlers of <see cref="Add"/> were called with.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    public ReplayApplication Add(Func<string, MessageContext, CancellationToken, ValueTask>? handle = null, string name = TestHandler.Name, Func<HandlerSettings, HandlerSettings>? settings = null)
    {
        Handlers.Add(TestHandler.Of(
            (body, context, stop) =>
            {
                Calls.Enqueue(body);
                return handle?.Invoke(body, context, stop) ?? default;
            }, name, settings));
        return this;
    }

    public ReplayApplication Configure(string key, string value)
    {
        builder.Configuration.AddInMemoryCollection([new(key, value)]);
        return this;
    }

    /// <summary>Numbered messages, a second apart, each with a key of its own.</summary>
    public async Task PublishAsync(int from, int count, string topic = TestHandler.Topic) => await transport.PublishAsync(
        [.. Enumerable.Range(from, count).Select(i => new OutgoingMessage { Topic = topic, Key = OutgoingMessage.Utf8($"k{i}"), Body = OutgoingMessage.Utf8($"{i}"), Timestamp = Begin.AddSeconds(i) })],
        TestContext.Current.CancellationToken);

    public List<string> Bodies(string topic) => [.. Broker.Messages(topic).Select(m => Encoding.UTF8.GetString(m.Body!.Value.Span))];

    public async Task<int> ReplayAsync(string[] arguments, CancellationToken stop = default)
    {
        var work = new ReplayCommand(Host, Output, Errors, false).RunAsync(arguments, stop);
        await Waiting.UntilAsync(() =>
        {
            if (!work.IsCompleted) clock.Advance(TimeSpan.FromMilliseconds(25));
            return work.IsCompleted;
        });
        return await work;
    }

    public Task<int> ReplayAsync(params string[] arguments) => ReplayAsync([TestHandler.Topic, .. arguments], TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (host is not null) await RedriveCommand.EndAsync(host);
        await Output.DisposeAsync();
        await Errors.DisposeAsync();
    }
}
