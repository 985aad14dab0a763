using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Handlers.Peers;

namespace Handlers.Dashboard.Tests;

/// <summary>The machine's own browser, in a process of its own: see node/page.mjs. One command at a time.</summary>
public sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process process;
    private readonly StringBuilder errors = new();

    private Browser(Process process) => this.process = process;

    /// <summary>Why there is none here, or null. For a test's skip.</summary>
    public static string? Missing =>
        Program is null ? "there is no chromium here: ./build.sh setup installs it"
        : NodeProgram.Missing(Node, "a driver of the browser", "playwright-core", "axe-core");

    /// <summary>Where pictures of the page are kept.</summary>
    public static string Pictures => Metadata("Pictures");

    private static string Node => Metadata("Node");

    private static string? Program => new[] { "chromium", "chromium-browser", "google-chrome" }.Where(PeerProcess.IsThere)
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    public static async Task<Browser> StartAsync()
    {
        var start = new ProcessStartInfo(NodeProgram.Name, [Path.Combine(Node, "page.mjs"), Program!])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        var browser = new Browser(Process.Start(start)!);
        browser.process.ErrorDataReceived += (_, line) =>
        {
            lock (browser.errors) browser.errors.AppendLine(line.Data);
        };
        browser.process.BeginErrorReadLine();
        await browser.AnswerAsync("start");
        return browser;
    }

    /// <summary>A new page, without anything of the one before.</summary>
    public Task OpenAsync(string url, int width = 1280, int height = 800, bool dark = false, string? user = null) =>
        DoAsync("open", ("url", url), ("width", width), ("height", height), ("dark", dark), ("user", user));

    public Task SizeAsync(int width, int height) => DoAsync("size", ("width", width), ("height", height));

    public Task SchemeAsync(bool dark) => DoAsync("scheme", ("dark", dark));

    /// <summary>Waits until an expression of JavaScript is true.</summary>
    public Task<JsonNode?> UntilAsync(string script) => DoAsync("until", ("script", script));

    /// <summary>Waits until a text is somewhere in the page.</summary>
    public Task<JsonNode?> UntilTextAsync(string text) => UntilAsync($"document.body.innerText.includes({JsonSerializer.Serialize(text)})");

    public Task<JsonNode?> RunAsync(string script) => DoAsync("run", ("script", script));

    public Task ClickAsync(string role, string name) => DoAsync("click", ("role", role), ("name", name));

    public Task FillAsync(string label, string value) => DoAsync("fill", ("label", label), ("value", value));

    public Task ChooseAsync(string label, string value) => DoAsync("choose", ("label", label), ("value", value));

    public Task PressAsync(string key) => DoAsync("press", ("key", key));

    /// <summary>Whether all of the first element with this text is on the screen without scrolling.</summary>
    public async Task<bool> SeesAsync(string text) => (bool)(await DoAsync("sees", ("text", text)))!;

    public async Task PictureAsync(string name, bool full = false)
    {
        Directory.CreateDirectory(Pictures);
        await DoAsync("picture", ("path", Path.Combine(Pictures, $"{name}.png")), ("full", full));
    }

    /// <summary>What axe finds that is serious.</summary>
    public Task<string[]> ViolationsAsync() => TextsAsync("a11y");

    /// <summary>Every URL that the page asked for.</summary>
    public Task<string[]> AskedAsync() => TextsAsync("asked");

    /// <summary>Errors in its console.</summary>
    public Task<string[]> ErrorsAsync() => TextsAsync("errors");

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close(); // it ends with its input
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    private async Task<string[]> TextsAsync(string command) => [.. (await DoAsync(command))!.AsArray().Select(text => (string)text!)];

    private async Task<JsonNode?> DoAsync(string command, params (string Name, JsonNode? Value)[] arguments)
    {
        var line = new JsonObject { ["do"] = command };
        foreach (var (name, value) in arguments) line[name] = value;
        await process.StandardInput.WriteLineAsync(line.ToJsonString());
        await process.StandardInput.FlushAsync();
        return await AnswerAsync(line.ToJsonString());
    }

    private async Task<JsonNode?> AnswerAsync(string command)
    {
        using var patience = new CancellationTokenSource(Patience);
        var line = await process.StandardOutput.ReadLineAsync(patience.Token);
        if (line is not null && JsonNode.Parse(line) is JsonObject answer && !answer.ContainsKey("error")) return answer["value"]?.DeepClone();
        lock (errors) throw new InvalidOperationException($"The browser could not {command}: {line}\n{errors}");
    }

    private static string Metadata(string key) => typeof(Browser).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}
