using System.Diagnostics;
using Handlers.Crash;

namespace Handlers.EndToEnd.Tests;

/// <summary>The crash proof with three kills for each cell. `./build.sh crash` has fifty; docs/delivery.md has what it measured.</summary>
public sealed class CrashTests
{
    public static TheoryData<string> Cells => [.. Cell.All.Select(c => c.Name)];

    [Theory, MemberData(nameof(Cells))]
    public Task Three_kills_break_no_promise(string cell) => RunAsync("embedded", cell);

    internal static async Task RunAsync(string transport, string cell)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in (string[])["exec", typeof(Cell).Assembly.Location, "run", transport, "3", "3", cell]) start.ArgumentList.Add(argument);
        using var proof = Process.Start(start)!;
        string output;
        try
        {
            output = await proof.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await proof.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            if (!proof.HasExited) proof.Kill(entireProcessTree: true);
        }

        Assert.True(proof.ExitCode == 0, output);
        Assert.EndsWith("3 kills, lost 0, handled twice 0, beyond what is promised; broken promises 0", output.TrimEnd(), StringComparison.Ordinal);
    }
}
