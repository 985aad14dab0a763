using System.Diagnostics;
using System.Reflection;

namespace Handlers.Kafka.Tests;

/// <summary>What must not get lost of `./build.sh bench kafka`, in one round: some 15 seconds. Allocations are exact; throughput is only held to be no less than the loop's by hand.</summary>
[Collection(nameof(Alone))]
public sealed class SpeedTests
{
    [Fact(Timeout = 180_000)]
    public async Task Nothing_is_allocated_beside_the_payload_and_the_loop_by_hand_is_not_faster()
    {
        Assert.SkipUnless(IsOptimized, "Only optimized code keeps the state of an async method that completes at once on the stack.");
        var program = typeof(SpeedTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "Benchmarks").Value!;
        var start = new ProcessStartInfo("dotnet", ["exec", program, "kafka", "guard"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (said, errors) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        Assert.True(process.ExitCode == 0, await said + await errors);
        Assert.Equal(3, (await said).Split('\n').Count(static line => line.EndsWith(": holds", StringComparison.Ordinal)));
    }

    private static bool IsOptimized =>
#if DEBUG
        false;
#else
        true;
#endif
}

/// <summary>Tests that nothing else runs beside: they measure, and they would take the processors from those that wait for a broker.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
