using Handlers.Testing;

namespace Handlers.Dashboard.Tests;

/// <summary>What all viewers see together.</summary>
public sealed class StatusBoardTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public async Task Who_asks_seldom_sees_what_a_slow_broker_came_to()
    {
        var color = LightColor.Green;
        var answers = new List<TaskCompletionSource>();
        var isSlow = false;
        var board = new StatusBoard(() => [], async light =>
        {
            var answer = new TaskCompletionSource();
            if (isSlow) answers.Add(answer);
            else answer.SetResult();
            await answer.Task;
            return new LightStatus(light, color, []);
        }, clock);
        Assert.Equal(LightColor.Green, await SeenAsync(board));

        (isSlow, color) = (true, LightColor.Red); // it does not answer; that is known after three seconds, and asked for each ten
        Assert.Equal(LightColor.Green, await SeenAsync(board)); // the page is not held up
        foreach (var answer in answers) answer.SetResult();
        Assert.Equal(LightColor.Red, await SeenAsync(board));
    }

    /// <summary>Ten seconds later, and so long as it has patience.</summary>
    private async Task<LightColor> SeenAsync(StatusBoard board)
    {
        clock.Advance(TimeSpan.FromSeconds(10));
        var reading = board.ReadAsync(TestContext.Current.CancellationToken);
        while (!reading.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        return (await reading).Lights[0].Color;
    }
}
