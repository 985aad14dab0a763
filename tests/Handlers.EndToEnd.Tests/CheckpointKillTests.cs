using System.Diagnostics;
using System.Globalization;
using Handlers.Crash;
using Handlers.Kinesis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.EndToEnd.Tests;

/// <summary>arXiv's consumer leaves its checkpoint empty when it is killed while it writes one: 946 of 1,004 kills in a tight loop.</summary>
public sealed class CheckpointKillTests : IDisposable
{
    private const int Kills = 20;

    private readonly string folder = Directory.CreateTempSubdirectory("handlers-checkpoints-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_process_that_is_killed_while_it_writes_checkpoints_leaves_its_last_one()
    {
        var stop = TestContext.Current.CancellationToken;
        var random = new Random(5);
        long last = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(Checkpoints).Assembly.Location, "checkpoint", folder]) { RedirectStandardOutput = true })!;
            for (var more = random.Next(1, 300); more > 0; more--) last = Said(await process.StandardOutput.ReadLineAsync(stop)) ?? last;
            process.Kill();
            while (Said(await process.StandardOutput.ReadLineAsync(stop)) is { } said) last = said; // what it had said before
            await process.WaitForExitAsync(stop);

            await using var store = new DiskCheckpoints(folder, NullLogger.Instance);
            Assert.InRange(await Checkpoints.ReadAsync(store), last, last + 1); // the next one may be written, and not said
        }

        Assert.True(last >= Kills, $"{last} were written");
    }

    private static long? Said(string? line) => long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
