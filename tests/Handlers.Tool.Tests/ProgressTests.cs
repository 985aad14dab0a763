using Handlers.Embedded;

namespace Handlers.Tool.Tests;

/// <summary>How far a command has come, on the terminal of errors alone.</summary>
public sealed class ProgressTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("handlers-progress-");
    private readonly string input;

    public ProgressTests()
    {
        using var log = EmbeddedLog.Open(Log);
        log.CreateTopic("orders", 1);
        log.CreateTopic("copies", 1);
        input = Path.Combine(folder.FullName, "input");
        File.WriteAllText(input, "a\nb\nc\n");
    }

    private string Log => Path.Combine(folder.FullName, "log");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact(Timeout = 60_000)]
    public async Task Of_so_many_it_is_a_bar_and_of_nobody_knows_how_many_a_count()
    {
        using var terminal = new StringWriter();
        var published = await RunAsync(terminal, "publish", "orders", "--lines", input);
        Assert.Matches(@"^\r[1-3]( +)?\r", terminal.ToString());
        Assert.Equal(("", "published 3\n"), (published.Output, published.Error));

        terminal.GetStringBuilder().Clear();
        var replayed = await RunAsync(terminal, "replay", "orders", "--from", "earliest", "--into-topic", "copies");
        var bar = $"[{new string('#', 24)}] 3 of 3";
        Assert.Equal($"\r{bar}\r{new string(' ', bar.Length)}\r", terminal.ToString()); // and wiped off
        Assert.Equal(("", "replayed 3\n"), (replayed.Output, replayed.Error));
    }

    [Fact]
    public void A_bar_is_as_full_as_it_is_done()
    {
        Assert.Equal($"\r[{new string('#', 6)}{new string(' ', 18)}] 1 of 4", Drawn(1, 4));
        Assert.Equal($"\r[{new string(' ', 24)}] 0 of 4", Drawn(0, 4));
        Assert.Equal($"\r[{new string('#', 24)}] 5 of 4", Drawn(5, 4)); // more came meanwhile
        Assert.Equal("\r7", Drawn(7, null));
        Assert.Equal("\r7", Drawn(7, 0));

        static string Drawn(long done, long? all)
        {
            using var terminal = new StringWriter();
            new ProgressBar(Screen.Of(TextWriter.Null, TextWriter.Null, terminal: terminal)).Show(done, all);
            return terminal.ToString();
        }
    }

    /// <summary>What a program reads is data alone, and where errors go to a file there is no terminal.</summary>
    [Fact(Timeout = 60_000)]
    public async Task It_is_not_among_data_nor_in_a_file_of_errors()
    {
        using var terminal = new StringWriter();
        var published = await RunAsync(terminal, "publish", "orders", "--lines", input, "--json");
        Assert.Equal(("{\"topic\":\"orders\",\"published\":3}\n", ""), (published.Output, published.Error));

        var redirected = await RunAsync(null, "replay", "orders", "--from", "earliest", "--into-topic", "copies");
        Assert.Equal(("", "replayed 3\n"), (redirected.Output, redirected.Error));
    }

    private Task<Ran> RunAsync(TextWriter? terminal, params string[] arguments) => Ran.Async(120, terminal, [.. arguments, "--embedded", Log]);
}
