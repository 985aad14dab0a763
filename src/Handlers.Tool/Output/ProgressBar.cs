using System.Globalization;

namespace Handlers.Tool;

/// <summary>How far something long has come: a bar on the terminal of errors, and nothing where there is none.</summary>
internal sealed class ProgressBar(Screen screen)
{
    private const int Cells = 24;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly TerminalLine line = new(screen.Terminal);
    private long? shownAt;

    /// <param name="done">So many.</param>
    /// <param name="all">Of so many; null: that is not known.</param>
    public void Show(long done, long? all)
    {
        if (shownAt is { } at && TimeProvider.System.GetElapsedTime(at) < Interval) return;
        shownAt = TimeProvider.System.GetTimestamp();
        if (all is not > 0)
        {
            line.Show(string.Create(CultureInfo.InvariantCulture, $"{done}"));
            return;
        }

        var cells = (int)Math.Clamp(done * Cells / all.Value, 0, Cells);
        line.Show(string.Create(CultureInfo.InvariantCulture, $"[{new string('#', cells)}{new string(' ', Cells - cells)}] {done} of {all}"));
    }

    public void End() => line.End();
}
