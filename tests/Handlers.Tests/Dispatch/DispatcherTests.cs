using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Tests;

public sealed class DispatcherTests
{
    [Fact]
    public async Task Each_message_has_an_instance_and_a_scope_of_its_own_which_end_with_the_call()
    {
        var log = new List<string>();
        await using var host = await HandlersTestHost.StartAsync(
            services =>
            {
                services.AddSingleton(log);
                services.AddScoped<Counter>();
                HandlersBuilder.For(services).Add(Scoped());
            },
            partitions: 1, stop: TestContext.Current.CancellationToken);
        await host.PublishAsync("t", "a");
        await host.PublishAsync("t", "b");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["begin", "a", "end", "begin", "b", "end"], log);
    }

    [Fact]
    public async Task A_handler_that_throws_in_its_constructor_has_failed()
    {
        await using var host = await HandlersTestHost.StartAsync(
            services =>
            {
                services.AddScoped<Counter>(_ => throw new InvalidOperationException("no counter"));
                HandlersBuilder.For(services).Add(Scoped());
            },
            partitions: 1, stop: TestContext.Current.CancellationToken);
        await host.PublishAsync("t", "a");
        await host.WaitUntilAsync(() => host.Outcomes.Count == 1, TestContext.Current.CancellationToken);
        Assert.Equal((OutcomeKind.Failed, "no counter"), (host.Outcomes[0].Kind, host.Outcomes[0].Exception!.Message));
    }

    [Fact]
    public async Task A_singleton_that_throws_in_its_constructor_keeps_the_host_from_starting()
    {
        var singleton = new HandlerRegistration<string>
        {
            Name = "T.On",
            Declared = new HandlerSettings { Topic = "t" },
            PayloadType = "string",
            IsSingleton = true,
            Instance = _ => throw new InvalidOperationException("no instance"),
            Unpack = Payload.Text,
            Dispatch = (string _, in HandlerCall _) => default,
        };
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => HandlersTestHost.StartAsync(
            services => HandlersBuilder.For(services).Add(singleton), stop: TestContext.Current.CancellationToken));
        Assert.Equal("no instance", error.Message);
    }

    [Fact]
    public async Task A_handler_may_say_itself_that_a_message_is_invalid()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => throw new InvalidMessageException("not for me")));
        await host.PublishAsync(TestHandler.Topic, "x");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, host.Status.Handlers.Single().Counts.Invalid);
    }

    [Fact]
    public async Task A_cancellation_of_the_handlers_own_is_a_failure()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => throw new OperationCanceledException("mine"), settings: s => s with { OnFailure = FailedHandler.Skip }));
        await host.PublishAsync(TestHandler.Topic, "x");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, host.Status.Handlers.Single().Counts.Failed);
    }

    [Fact]
    public async Task A_body_of_five_megabytes_arrives_whole()
    {
        var length = 0;
        await using var host = await TestHandler.StartAsync(TestHandler.Of((body, _, _) =>
        {
            length = body.Length;
            return default;
        }));
        await host.PublishAsync(TestHandler.Topic, new string('x', 5_000_000));
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(5_000_000, length);
    }

    private static HandlerRegistration<string> Scoped() => new()
    {
        Name = "T.On",
        Declared = new HandlerSettings { Topic = "t" },
        PayloadType = "string",
        NeedsScope = true,
        Instance = s => s.GetRequiredService<Counter>(),
        Unpack = Payload.Text,
        Dispatch = (string payload, in HandlerCall call) => ((Counter)call.Handler!).HandleAsync(payload),
    };

    private sealed class Counter : IAsyncDisposable
    {
        private readonly List<string> log;

        public Counter(List<string> log)
        {
            this.log = log;
            log.Add("begin");
        }

        public async ValueTask HandleAsync(string payload)
        {
            await Task.Yield();
            log.Add(payload);
        }

        public ValueTask DisposeAsync()
        {
            log.Add("end");
            return default;
        }
    }
}
