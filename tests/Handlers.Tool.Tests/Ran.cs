using System.Reflection;
using System.Text.Json.Nodes;

namespace Handlers.Tool.Tests;

/// <summary>The command line, run in this process.</summary>
internal sealed record Ran(int ExitCode, string Output, string Error)
{
    /// <summary>The application that tests read.</summary>
    public static string App { get; } = Place("App");

    public JsonNode Json => JsonNode.Parse(Output)!;

    public static string Place(string name) => typeof(Ran).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == name).Value!;

    public static Task<Ran> Async(params string[] arguments) => Async(120, arguments);

    public static Task<Ran> Async(int width, params string[] arguments) => Async(width, null, arguments);

    /// <param name="width">Columns.</param>
    /// <param name="terminal">The terminal behind errors; null: they go to a file.</param>
    /// <param name="arguments">The command line.</param>
    public static async Task<Ran> Async(int width, TextWriter? terminal, params string[] arguments)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var code = await ToolCommand.RunAsync(arguments, Screen.Of(output, error, width, terminal), TestContext.Current.CancellationToken);
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>What it writes, where it must do what it was asked.</summary>
    public static async Task<string> OutputAsync(params string[] arguments)
    {
        var ran = await Async(arguments);
        Assert.True(ran.ExitCode == 0, $"{ran.ExitCode}: {ran.Error}");
        return ran.Output;
    }
}

/// <summary>A folder for one test.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("handlers-tool-");

    public string Write(string name, string text)
    {
        var path = Path.Combine(folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    public string Copy(string file)
    {
        var path = Path.Combine(folder.FullName, Path.GetFileName(file));
        File.Copy(file, path);
        return path;
    }

    public void Dispose() => folder.Delete(recursive: true);
}

/// <summary>A text that was approved, beside the tests. A mismatch leaves the new text beside it.</summary>
internal static class Approved
{
    public static void Check(string name, string text)
    {
        var path = Path.Combine(Ran.Place("Tests"), "Snapshots", name);
        // Grids fill their lines up.
        var lines = string.Join("\n", text.Split('\n').Select(l => l.TrimEnd()));
        if (File.Exists(path) && File.ReadAllText(path).ReplaceLineEndings("\n") == lines) return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".received", lines);
        Assert.Fail($"{name} is not as approved. Where {path}.received is right, rename it.");
    }
}
