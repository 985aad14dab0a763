namespace Handlers.Tests;

public sealed class TurnTests
{
    [Fact]
    public async Task Turns_come_in_the_order_of_asking_and_one_at_a_time()
    {
        var turn = new Turn();
        await turn.TakeAsync(CancellationToken.None);
        var second = turn.TakeAsync(CancellationToken.None).AsTask();
        var third = turn.TakeAsync(CancellationToken.None).AsTask();
        turn.End();
        await second;
        Assert.False(third.IsCompleted);
        turn.End();
        await third;
    }

    [Fact]
    public async Task Who_gives_up_is_passed_over()
    {
        var turn = new Turn();
        using var impatient = new CancellationTokenSource();
        await turn.TakeAsync(CancellationToken.None);
        var second = turn.TakeAsync(impatient.Token).AsTask();
        var third = turn.TakeAsync(CancellationToken.None).AsTask();
        impatient.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        turn.End();
        await third;
        turn.End();
        await turn.TakeAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Who_has_given_up_before_asking_takes_no_turn()
    {
        var turn = new Turn();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn.TakeAsync(new CancellationToken(true)).AsTask());
        await turn.TakeAsync(CancellationToken.None);
    }

    /// <summary>A simulation runs the core on one thread: a wait that came back on the pool would escape it.</summary>
    [Fact]
    public async Task A_wait_comes_back_on_the_context_that_it_left()
    {
        var turn = new Turn();
        await turn.TakeAsync(CancellationToken.None);
        var context = new Counted();
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        var second = turn.TakeAsync(CancellationToken.None).AsTask();
        SynchronizationContext.SetSynchronizationContext(before);
        turn.End();
        await second;
        Assert.Equal(1, context.Posts);
    }

    private sealed class Counted : SynchronizationContext
    {
        public int Posts { get; private set; }

        public override void Post(SendOrPostCallback d, object? state)
        {
            Posts++;
            d(state);
        }
    }
}
