using System.Diagnostics;

namespace Handlers.Benchmarks;

/// <summary>
/// A row in a process of its own that is warm and waits to be asked for each pass, so that passes of two rows can take turns: what the machine and the server do
/// changes from minute to minute more than the rows differ.
/// </summary>
internal sealed class AskedRow : IDisposable
{
    /// <summary>What the process says when it is.</summary>
    public const string Ready = "ready";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process process;
    private readonly string row;

    private AskedRow(Process process, string row) => (this.process, this.row) = (process, row);

    /// <summary>Returns when it has done the passes that are not measured.</summary>
    /// <exception cref="InvalidOperationException">The process failed, or took too long.</exception>
    public static async Task<AskedRow> StartAsync(RowRequest request)
    {
        var start = RowProcess.Of("asked", request);
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        start.Environment["DOTNET_TieredPGO"] = "0"; // the runtime would compile everything a second time in the middle of short passes, to learn of it
        var asked = new AskedRow(Process.Start(start)!, request.Row);
        try
        {
            await asked.HearAsync(static line => line == Ready ? line : null);
            return asked;
        }
        catch
        {
            asked.Dispose();
            throw;
        }
    }

    /// <summary>The next pass.</summary>
    /// <exception cref="InvalidOperationException">The process failed, or took too long.</exception>
    public async Task<Pass> MeasureAsync()
    {
        await process.StandardInput.WriteLineAsync();
        await process.StandardInput.FlushAsync();
        return await HearAsync(Pass.Parse);
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }

    private async Task<T> HearAsync<T>(Func<string, T?> wanted) where T : class
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
                if (wanted(line) is { } heard) return heard;
        }
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException($"Row {row} did not answer within {Patience.TotalMinutes} minutes.");
        }

        throw new InvalidOperationException($"Row {row} ended before it had measured everything.");
    }
}
