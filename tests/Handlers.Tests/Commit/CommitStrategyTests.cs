using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Tests;

/// <summary>The committer and a lane's own loop store beside each other.</summary>
public sealed class CommitStrategyTests
{
    private readonly Watermark watermark = new();

    public CommitStrategyTests()
    {
        var ticket = watermark.Receive([ScriptedTransport.Message("x", position: 7)]);
        watermark.Complete(ticket);
    }

    [Fact]
    public async Task Each_message_is_durable_before_the_next_although_the_committer_looked_first()
    {
        var transport = new ScriptedTransport();
        var flusher = FlusherOf(transport);
        var commit = CommitStrategy.Of(Commit.EachMessage, transport, watermark, flusher, new HandlersOptions());
        commit.Store(); // the committer's tick, between the outcome and its commit
        await commit.AfterOutcomeAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, transport.Flushes);
        Assert.Equal([new Position(7)], transport.Stored);
    }

    [Theory]
    [InlineData(Commit.Watermark)]
    [InlineData(Commit.EachMessage)]
    public async Task The_last_commit_includes_what_the_committer_is_about_to_store(Commit kind)
    {
        using var storing = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var storedBeforeFlush = -1;
        ScriptedTransport transport = null!;
        transport = new ScriptedTransport
        {
            OnStore = _ =>
            {
                storing.Set();
                goOn.Wait();
            },
            Flush = _ =>
            {
                storedBeforeFlush = transport.Stored.Count;
                return default;
            },
        };
        var flusher = FlusherOf(transport);
        var commit = CommitStrategy.Of(kind, transport, watermark, flusher, new HandlersOptions());
        var committer = Task.Run(commit.Store, TestContext.Current.CancellationToken);
        if (kind == Commit.Watermark) storing.Wait(TestContext.Current.CancellationToken);
        var last = Task.Run(async () => await commit.AtEndAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        await Task.WhenAny(last, Task.Delay(200, TestContext.Current.CancellationToken));
        goOn.Set();
        await Task.WhenAll(committer, last);

        Assert.Equal(1, storedBeforeFlush);
    }

    private static Flusher FlusherOf(ScriptedTransport transport) => new(transport, "test", attempts: 1, TimeProvider.System, NullLogger.Instance);
}
