using System.Diagnostics;

namespace Handlers.Benchmarks;

/// <summary>Measures a row in a process of its own, so that no client runs on memory, compiled code or threads that another one left.</summary>
internal static class RowProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>This program, as a row: <c>row</c>, which goes through its passes, or <c>asked</c>, which is asked for each (<see cref="AskedRow"/>).</summary>
    public static ProcessStartInfo Of(string verb, RowRequest request) => new("dotnet", ["exec", typeof(RowProcess).Assembly.Location, verb, .. request.Arguments]);

    /// <summary>The measured passes.</summary>
    /// <param name="request">What to measure.</param>
    /// <param name="other">Another program than this one; null: this one.</param>
    /// <exception cref="InvalidOperationException">The process failed; it says why.</exception>
    public static async Task<IReadOnlyList<Pass>> RunAsync(RowRequest request, ProcessStartInfo? other = null)
    {
        var start = other ?? Of("row", request);
        start.RedirectStandardOutput = true;
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
