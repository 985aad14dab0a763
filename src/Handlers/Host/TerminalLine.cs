namespace Handlers;

/// <summary>A line on a terminal that is written over, and wiped off at the end. One thread at a time.</summary>
internal sealed class TerminalLine(TextWriter terminal)
{
    private int width;

    public void Show(string text)
    {
        terminal.Write($"\r{text.PadRight(width)}");
        terminal.Flush();
        width = text.Length;
    }

    public void End()
    {
        if (width == 0) return;
        Show("");
        terminal.Write('\r');
    }
}
