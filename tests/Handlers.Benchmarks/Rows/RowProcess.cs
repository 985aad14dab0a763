using System.Diagnostics;

namespace Handlers.Benchmarks;

/// <summary>Measures a row in a process of its own, so that no client runs on memory, compiled code or threads that another one left.</summary>
internal static class RowProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>The measured passes.</summary>
    /// <param name="request">What to measure.</param>
    /// <param name="other">Another program than this one; null: this one.</param>
    /// <param name="isInstrumented">False: the runtime compiles nothing twice to learn of it, as that would go on through short passes.</param>
    /// <exception cref="InvalidOperationException">The process failed; it says why.</exception>
    public static async Task<IReadOnlyList<Pass>> RunAsync(RowRequest request, ProcessStartInfo? other = null, bool isInstrumented = true)
    {
        var start = other ?? new ProcessStartInfo("dotnet", ["exec", typeof(RowProcess).Assembly.Location, "row", .. request.Arguments]);
        start.RedirectStandardOutput = true;
        if (!isInstrumented) start.Environment["DOTNET_TieredPGO"] = "0";
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var said = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            var passes = said.Split('\n').Select(Pass.Parse).OfType<Pass>().ToList();
            if (process.ExitCode != 0 || passes.Count != request.Measured) throw new InvalidOperationException($"Row {request.Row} ended with {process.ExitCode} after {passes.Count} passes. {said}");
            return passes;
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new InvalidOperationException($"Row {request.Row} did not end within {Patience.TotalMinutes} minutes.");
        }
    }
}
