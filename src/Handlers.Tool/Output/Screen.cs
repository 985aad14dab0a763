using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Handlers.Tool;

/// <summary>
/// Where commands write: data to the one writer, everything else to the other. Text that came from an assembly or a broker goes through
/// <see cref="Plain"/>, so that it can neither be markup nor steer a terminal.
/// </summary>
internal sealed class Screen
{
    /// <summary>Of a table that is written to a file or a pipe: nobody's terminal says how wide it is.</summary>
    private const int WidthOfFiles = 120;

    private const int BrokenPipe = 32; // EPIPE

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TextWriter output;
    private readonly TextWriter error;
    private readonly IAnsiConsole console;

    private Screen(TextWriter output, TextWriter error, IAnsiConsole console) => (this.output, this.error, this.console) = (output, error, console);

    /// <summary>The process's own. Colours where a terminal has them and NO_COLOR is not set; COLUMNS says how wide it is where nothing else does.</summary>
    public static Screen OfProcess()
    {
        if (Console.IsOutputRedirected) Console.SetOut(Redirected());
        var console = AnsiConsole.Console;
        console.Profile.Capabilities.Ansi &= !Console.IsOutputRedirected;
        if (Console.IsOutputRedirected) console.Profile.Width = int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), CultureInfo.InvariantCulture, out var columns) && columns > 20 ? columns : WidthOfFiles;
        return new Screen(Console.Out, Console.Error, console) { Terminal = Console.IsErrorRedirected ? TextWriter.Null : Console.Error };
    }

    /// <summary>Into writers, without colours; and with progress where a terminal is named.</summary>
    public static Screen Of(TextWriter output, TextWriter error, int width = WidthOfFiles, TextWriter? terminal = null)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = true;
        return new Screen(output, error, console) { Terminal = terminal ?? TextWriter.Null };
    }

    /// <summary>Where progress is shown, and wiped off: the terminal behind errors, or nowhere.</summary>
    public TextWriter Terminal { get; private init; } = TextWriter.Null;

    /// <summary>Whether nobody reads the output any more (<c>| head</c>). Nothing is written then, and that is no error.</summary>
    public bool IsLeft { get; private set; }

    /// <summary>For what others write there.</summary>
    public TextWriter Output => output;

    /// <summary>Columns.</summary>
    public int Width => console.Profile.Width;

    public void Show(IRenderable shown) => Write(() => console.Write(shown));

    /// <summary>A line of markup; what is not ours in it is <see cref="Plain"/>.</summary>
    public void Line(string markup = "") => Write(() => console.MarkupLine(markup));

    /// <summary>Data as it is, ended by a line break.</summary>
    public void Text(string text) => Write(() => output.Write(text.EndsWith('\n') ? text : text + "\n"));

    public void Json(JsonNode json) => Text(json.ToJsonString(Indented));

    /// <summary>An object of JSON on a line of its own.</summary>
    public void JsonLine(JsonObject json) => Text(json.ToJsonString(Compact));

    /// <summary>What is no data: notes, warnings, errors.</summary>
    public void Say(string text) => error.WriteLine(Visible(text));

    /// <summary>Text that somebody else wrote, for markup: as it is, but that brackets are brackets and control characters are seen.</summary>
    public static string Plain(string? text) => Markup.Escape(Visible(text ?? ""));

    /// <summary>Control characters as their numbers, but for line breaks; no escape sequence reaches a terminal.</summary>
    public static string Visible(string text)
    {
        if (!text.Any(IsUnseen)) return text;
        var seen = new StringBuilder();
        foreach (var c in text) _ = IsUnseen(c) ? seen.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : seen.Append(c);
        return seen.ToString();
    }

    /// <summary>UTF-8, whatever the locale. The class library's own stream passes over a reader that is gone, and <c>tail --follow</c> would go on for ever.</summary>
    private static StreamWriter Redirected()
    {
        Stream stream = Console.OpenStandardOutput();
        if (!OperatingSystem.IsWindows() && new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0) is { CanSeek: false } pipe) stream = pipe;
        return new StreamWriter(stream, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
    }

    private void Write(Action write)
    {
        if (IsLeft) return;
        try
        {
            write();
        }
        catch (IOException e) when (e.HResult == BrokenPipe)
        {
            IsLeft = true;
        }
    }

    // Also what turns the direction of text, and lines that only some readers take for lines.
    private static bool IsUnseen(char c) => (char.IsControl(c) && c != '\n') || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
