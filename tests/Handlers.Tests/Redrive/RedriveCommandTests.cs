using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

/// <summary>The command of an application: what it prints, what it returns, and that nothing else runs.</summary>
public sealed class RedriveCommandTests : IDisposable
{
    private readonly StringWriter output = new();
    private readonly StringWriter errors = new();

    public void Dispose()
    {
        output.Dispose();
        errors.Dispose();
    }

    [Fact]
    public async Task It_says_at_the_end_what_became_of_the_letters()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(0), DeadLetterTopic.Letter(1, handler: "other"));
        Assert.Equal(0, await RunAsync(dead, DeadLetterTopic.Name, "--handler", "other"));
        Assert.Equal("read 2 put back 1 left 1 without origin 0" + Environment.NewLine, output.ToString());
        Assert.Equal("", errors.ToString());
        Assert.Equal(["body 1"], dead.Bodies());
    }

    [Fact]
    public async Task Letters_without_origin_are_named_and_the_exit_code_is_1()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(0, origin: null), DeadLetterTopic.Letter(1));
        Assert.Equal(1, await RunAsync(dead, DeadLetterTopic.Name));
        Assert.Equal("read 2 put back 1 left 0 without origin 1" + Environment.NewLine, output.ToString());
        Assert.StartsWith("redrive: 1 of 'things.dead' do not say which topic they came from (header handlers-topic) and stay where they are: things.dead/0@0.", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_says_that_it_is_one()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync(DeadLetterTopic.Letter(0));
        Assert.Equal(0, await RunAsync(dead, DeadLetterTopic.Name, "--dry-run"));
        Assert.Equal("dry run: read 1 put back 1 left 0 without origin 0" + Environment.NewLine, output.ToString());
        Assert.Empty(dead.Bodies());
    }

    [Fact]
    public async Task An_error_is_one_line_and_exit_code_1()
    {
        await using var dead = new DeadLetterTopic();
        Assert.Equal(1, await RunAsync(dead, "things.deed"));
        Assert.StartsWith("redrive: No handler of this application declares topic 'things.deed' for its dead letters. Did you mean 'things.dead'?", errors.ToString(), StringComparison.Ordinal);
        Assert.Single(errors.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Wrong_arguments_are_exit_code_2_and_touch_no_broker()
    {
        await using var dead = new DeadLetterTopic(_ => throw new InvalidOperationException("no transport is made"));
        Assert.Equal(2, await RunAsync(dead));
        Assert.Equal("redrive: Name the topic of the dead letters. `redrive --help` tells the rest." + Environment.NewLine, errors.ToString());
        Assert.Equal("", output.ToString());
    }

    [Fact]
    public async Task Help_says_that_every_group_reads_it_again()
    {
        await using var dead = new DeadLetterTopic(_ => throw new InvalidOperationException("no transport is made"));
        Assert.Equal(0, await RunAsync(dead, "--help"));
        Assert.Contains("EVERY group of an origin topic reads what is put back to it again", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupted_it_ends_in_order_with_exit_code_1()
    {
        using var stop = new CancellationTokenSource();
        await using var dead = new DeadLetterTopic(t => new Between(t)
        {
            Publish = async (inner, messages, token) =>
            {
                await stop.CancelAsync();
                await inner.PublishAsync(messages, token);
            },
        });
        await dead.PublishAsync([.. Enumerable.Range(0, 150).Select(i => DeadLetterTopic.Letter(i))]);
        Assert.Equal(1, await RunAsync(dead, [DeadLetterTopic.Name], false, stop.Token));
        Assert.Equal("read 100 put back 100 left 0 without origin 0" + Environment.NewLine, output.ToString());
        Assert.StartsWith("redrive: Interrupted. What was put back is committed", errors.ToString(), StringComparison.Ordinal);
        Assert.Equal(new Position(99), dead.Broker.Committed("handlers.redrive", DeadLetterTopic.Name, 0));
    }

    [Fact]
    public async Task On_a_terminal_it_shows_how_far_it_is_and_wipes_that_off()
    {
        await using var dead = new DeadLetterTopic();
        await dead.PublishAsync([.. Enumerable.Range(0, 150).Select(i => DeadLetterTopic.Letter(i))]);
        Assert.Equal(0, await RunAsync(dead, [DeadLetterTopic.Name], true, TestContext.Current.CancellationToken));
        Assert.StartsWith("\rread 100 of 150, put back 100", errors.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("\r" + new string(' ', "read 100 of 150, put back 100".Length) + "\r", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_service_of_the_application_is_started_for_it()
    {
        var started = new Started();
        await using var dead = new DeadLetterTopic(configure: b => b.Services.AddSingleton<IHostedService>(started));
        await dead.Advancing(Completed(dead.Host.RunHandlersAsync(["redrive", DeadLetterTopic.Name, "--dry-run"], TestContext.Current.CancellationToken)));
        Assert.False(started.Is);
    }

    [Fact]
    public async Task Without_the_command_the_host_runs()
    {
        var started = new Started();
        await using var dead = new DeadLetterTopic(configure: b => b.Services.AddSingleton<IHostedService>(started));
        using var stop = new CancellationTokenSource();
        var run = dead.Host.RunHandlersAsync(["redriven", DeadLetterTopic.Name], stop.Token);
        await Waiting.UntilAsync(() => started.Is);
        Assert.False(run.IsCompleted);
        await stop.CancelAsync();
        await dead.Advancing(Completed(run));
    }

    private static async Task<bool> Completed(Task work)
    {
        await work;
        return true;
    }

    private Task<int> RunAsync(DeadLetterTopic dead, params string[] arguments) => RunAsync(dead, arguments, false, TestContext.Current.CancellationToken);

    private Task<int> RunAsync(DeadLetterTopic dead, string[] arguments, bool isTerminal, CancellationToken stop) =>
        dead.Advancing(new RedriveCommand(dead.Host, output, errors, isTerminal).RunAsync(arguments, stop));

    private sealed class Started : IHostedService
    {
        private volatile bool started;

        public bool Is => started;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            started = true;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
