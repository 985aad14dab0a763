using Handlers.Transport.Contract;

namespace Handlers.Embedded.Tests;

/// <summary>The lights in real time. They wait for seconds, so they wait together.</summary>
public sealed class LightsTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_log_that_goes_and_a_handler_that_hangs_turn_ready_red_within_10_s_and_green_again_after() =>
        await Task.WhenAll(TheLogGoesAsync(), TheHandlerHangsAsync());

    /// <summary>Its folder has another name for a while.</summary>
    private static async Task TheLogGoesAsync()
    {
        using var folder = new TempFolder();
        await using var host = await LitHost.StartAsync(b => Use(b, folder));
        await host.ConsumesAsync("before");
        await host.BrokerGoesAsync(() => MoveAsync(folder.Path, folder.Path + ".away"), () => MoveAsync(folder.Path + ".away", folder.Path));
    }

    private static async Task TheHandlerHangsAsync()
    {
        using var folder = new TempFolder();
        await using var host = await LitHost.StartAsync(b => Use(b, folder));
        await host.HangsAsync();
    }

    private static Task MoveAsync(string from, string to)
    {
        Directory.Move(from, to);
        return Task.CompletedTask;
    }

    private static void Use(HandlersBuilder builder, TempFolder folder) => builder.UseEmbedded(o =>
    {
        o.Folder = folder.Path;
        o.Partitions = 2;
        o.PollInterval = TimeSpan.FromMilliseconds(20);
        o.Durability = Durability.ProcessLoss;
    });
}
