using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Handlers.Embedded;

namespace Handlers.Tool.Tests;

/// <summary>tail, publish, lag, replay and redrive, on an embedded log in this process.</summary>
public sealed class TopicsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("handlers-topics-");

    public TopicsTests()
    {
        using var log = EmbeddedLog.Open(folder.FullName);
        log.CreateTopic("orders", 1);
        log.CreateTopic("copies", 1);
        log.CreateTopic("orders.dead", 1);
    }

    public void Dispose() => folder.Delete(recursive: true);

    [Fact(Timeout = 60_000)]
    public async Task What_was_published_is_seen_the_last_ten_by_default()
    {
        Assert.Equal("published 12\n", (await RunAsync("publish", "orders", "--lines", Write(string.Join('\n', Enumerable.Range(0, 12))), "--key", "k", "--header", "a=1")).Error);
        var lines = (await OutputAsync("tail", "orders")).TrimEnd().Split('\n');
        Assert.Equal(Enumerable.Range(2, 10).Select(i => $"{i}"), lines.Select(l => l.Split(' ')[^1]));
        Assert.StartsWith("0@3 20", lines[0], StringComparison.Ordinal);
        Assert.Equal(["0", "1"], Bodies(await OutputAsync("tail", "orders", "--from", "earliest", "--limit", "2")));
        Assert.Equal(["4", "5"], Bodies(await OutputAsync("tail", "orders", "--from", "5", "--partition", "0", "--limit", "2")));
        Assert.Empty(await OutputAsync("tail", "orders", "--from", "latest"));
        Assert.Empty(await OutputAsync("tail", "orders", "--key", "other"));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_tailed_is_published_as_it_was()
    {
        await RunAsync("publish", "orders", "--body", "é\u001b[31m", "--key", "k", "--header", "a=1", "--header", "a=2");
        await RunAsync("publish", "orders", "--tombstone", "--key", "k");
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "bytes"), [0xff, 0, 1], TestContext.Current.CancellationToken);
        await RunAsync("publish", "orders", "--file", Path.Combine(folder.FullName, "bytes"));
        var tailed = await OutputAsync("tail", "orders", "--json");
        Assert.Contains("\"bodyBase64\":\"/wAB\"", tailed, StringComparison.Ordinal);
        Assert.Equal(3, tailed.TrimEnd().Split('\n').Length);
        await RunAsync("publish", "copies", "--ndjson", Write(tailed));
        var copied = await OutputAsync("tail", "copies", "--json");
        Assert.Equal(tailed.Replace("\"orders\"", "\"copies\"", StringComparison.Ordinal), copied);
        Assert.DoesNotContain('\u001b', await OutputAsync("tail", "orders"));
        Assert.DoesNotContain('\u001b', tailed);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_topic_that_is_not_there_is_an_error_with_the_closest_name_and_is_not_made()
    {
        foreach (var arguments in (string[][])[["publish", "order", "--body", "x"], ["tail", "order"], ["lag", "--group", "g", "--topic", "order"], ["redrive", "order"], ["replay", "order", "--from", "earliest", "--into-topic", "copies"]])
        {
            var ran = await RunAsync(arguments);
            Assert.Equal(1, ran.ExitCode);
            Assert.Contains("Did you mean 'orders'?", ran.Error, StringComparison.Ordinal);
        }

        using var log = EmbeddedLog.Open(folder.FullName);
        Assert.Equal(3, log.Partitions().Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Lag_is_end_less_handled()
    {
        await RunAsync("publish", "orders", "--lines", Write("0\n1\n2"), "--key", "k");
        var none = await RunAsync("lag", "--group", "g", "--topic", "orders");
        Assert.Contains("no position", none.Error, StringComparison.Ordinal);
        using (var log = EmbeddedLog.Open(folder.FullName)) log.MovePosition("g", "orders", StartPosition.Behind(new Position(1)));
        var lag = JsonNode.Parse(Assert.Single((await OutputAsync("lag", "--group", "g", "--topic", "orders", "--json")).TrimEnd().Split('\n')))!;
        Assert.Equal(("1", 2L), (lag["handled"]!.GetValue<string>(), lag["lagMessages"]!.GetValue<long>()));
        Assert.True(lag["lagSeconds"]!.GetValue<double>() >= 0);
        Assert.Contains("orders", await OutputAsync("lag", "--group", "g", "--topic", "orders"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_window_is_replayed_into_a_file_and_a_topic()
    {
        await RunAsync("publish", "orders", "--lines", Write(string.Join('\n', Enumerable.Range(0, 10))), "--key", "k");
        var file = Path.Combine(folder.FullName, "window.ndjson");
        Assert.Equal("replayed 3\n", (await RunAsync("replay", "orders", "--from", "3", "--to", "5", "--partition", "0", "--into", file)).Error);
        Assert.Equal(3, (await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken)).Length);
        Assert.False(File.Exists(file + ".tmp"));
        Assert.Equal(0, (await RunAsync("replay", "orders", "--from", "earliest", "--into-topic", "copies")).ExitCode);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), Bodies(await OutputAsync("tail", "copies", "--from", "earliest")));
        using var log = EmbeddedLog.Open(folder.FullName);
        Assert.Empty(log.Positions());
    }

    [Fact(Timeout = 60_000)]
    public async Task Letters_are_put_back()
    {
        await RunAsync("publish", "orders.dead", "--body", "x", "--header", $"{DeadLetterHeaders.Topic}=orders");
        await RunAsync("publish", "orders.dead", "--body", "y");
        Assert.Equal("dry run: read 2 put back 1 left 0 without origin 1\n", (await RunAsync("redrive", "orders.dead", "--dry-run")).Output);
        var ran = await RunAsync("redrive", "orders.dead");
        Assert.Equal((1, "read 2 put back 1 left 0 without origin 1\n"), (ran.ExitCode, ran.Output));
        Assert.Equal(["x"], Bodies(await OutputAsync("tail", "orders")));
    }

    [Fact(Timeout = 60_000)]
    public async Task Json_is_a_line_on_the_output_and_nothing_else_is()
    {
        var published = await RunAsync("publish", "orders", "--lines", Write("0\n1"), "--json");
        Assert.Equal((0, """{"topic":"orders","published":2}""" + "\n", ""), (published.ExitCode, published.Output, published.Error));
        var replayed = await RunAsync("replay", "orders", "--from", "earliest", "--into-topic", "copies", "--json");
        Assert.Equal((0, """{"topic":"orders","replayed":2}""" + "\n", ""), (replayed.ExitCode, replayed.Output, replayed.Error));
        await RunAsync("publish", "orders.dead", "--body", "x", "--header", $"{DeadLetterHeaders.Topic}=orders");
        var redriven = await RunAsync("redrive", "orders.dead", "--json");
        Assert.Equal((0, """{"dryRun":false,"read":1,"putBack":1,"left":0,"withoutOrigin":0,"withoutOriginAt":[]}""" + "\n", ""), (redriven.ExitCode, redriven.Output, redriven.Error));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_body_and_a_key_may_begin_with_an_at_sign()
    {
        Assert.Equal(0, (await RunAsync("publish", "orders", "--body", "@alice", "--key", "@key")).ExitCode);
        var seen = JsonNode.Parse(await OutputAsync("tail", "orders", "--json"))!;
        Assert.Equal(("@alice", "@key"), (seen["body"]!.GetValue<string>(), seen["key"]!.GetValue<string>()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Lines_are_bytes()
    {
        var file = Path.Combine(folder.FullName, "lines");
        await File.WriteAllBytesAsync(file, [0xef, 0xbb, 0xbf, (byte)'a', (byte)'\r', (byte)'b', (byte)'\r', (byte)'\n', 0xff, 0xfe, (byte)'\n', (byte)'\n', (byte)'z'], TestContext.Current.CancellationToken);
        Assert.Equal("published 4\n", (await RunAsync("publish", "orders", "--lines", file)).Error);
        Assert.Equal(["\"body\":\"a\\rb\"}", "\"bodyBase64\":\"//4=\"}", "\"body\":\"\"}", "\"body\":\"z\"}"], (await OutputAsync("tail", "orders", "--json")).TrimEnd().Split('\n').Select(l => l.Split(',')[^1]));
    }

    [Fact(Timeout = 60_000)]
    public async Task Data_of_ones_own_is_no_message_and_what_stands_before_it_is_published()
    {
        var ran = await RunAsync("publish", "orders", "--ndjson", Write("""{"body":"a"}""" + "\n\n" + """{"key":"k","body":null}""" + "\n" + """{"id":1}"""));
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("published 2", ran.Error, StringComparison.Ordinal);
        Assert.Contains("Line 4 is no message", ran.Error, StringComparison.Ordinal);
        Assert.Contains("--lines", ran.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await OutputAsync("tail", "orders", "--json")).TrimEnd().Split('\n').Length);
        foreach (var wrong in (string[])["""{"body":"a","body":"b"}""", """{"body":"a","headers":{"a":"b"}}""", """{"body":"a","headers":["x"]}""", """{"bodyBase64":"?"}""", """{"body":"a","time":"never"}""", "[]", "{"])
            Assert.Contains("Line 1 is no message", (await RunAsync("publish", "orders", "--ndjson", Write(wrong))).Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_window_goes_to_the_output_but_not_over_a_program_into_one_that_would_consume_or_to_a_topic_that_is_misspelled()
    {
        await RunAsync("publish", "orders", "--body", "x", "--key", "k");
        Assert.Equal(await OutputAsync("tail", "orders", "--json"), await OutputAsync("replay", "orders", "--from", "earliest", "--into", "-"));
        var program = Write("\u007fELF");
        foreach (var (code, arguments, said) in ((int, string[], string)[])
            [
                (2, ["--into", program], "is a program"), (1, ["--into-topic", "copie"], "Did you mean 'copies'?"), (2, ["--into", "x", "--publish"], "go with --into App.dll"),
            ])
        {
            var ran = await RunAsync(["replay", "orders", "--from", "earliest", .. arguments]);
            Assert.Equal(code, ran.ExitCode);
            Assert.Contains(said, ran.Error, StringComparison.Ordinal);
        }

        Assert.Equal("\u007fELF", await File.ReadAllTextAsync(program, TestContext.Current.CancellationToken));
        var application = await Ran.Async("replay", "orders", "--from", "earliest", "--into", Ran.App);
        Assert.Equal(1, application.ExitCode);
        Assert.Contains("does not call RunHandlersAsync", application.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("replay", "orders", "--from", "earliest", "--into", Ran.App)).ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_redrive_says_what_is_wrong_before_it_begins()
    {
        await RunAsync("publish", "orders.dead", "--body", "x", "--header", $"{DeadLetterHeaders.Topic}=orders");
        foreach (var (code, arguments, said) in ((int, string[], string)[])
            [
                (1, ["--to", "order"], "Did you mean 'orders'?"), (2, ["--limit", "0"], "1 is the least"), (2, ["--since", "31.1.2026"], "--since is '31.1.2026'"),
            ])
        {
            var ran = await RunAsync(["redrive", "orders.dead", .. arguments]);
            Assert.Equal((code, ""), (ran.ExitCode, ran.Output));
            Assert.Contains(said, ran.Error, StringComparison.Ordinal);
        }

        // Times that say no zone are of UTC, wherever one sits.
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero), Places.Time("--since", "2026-01-31T00:00:00"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reader_that_is_gone_ends_it_and_the_output_is_UTF8_whatever_the_locale()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no sh.");
        var stop = TestContext.Current.CancellationToken;
        await RunAsync("publish", "orders", "--body", "é€");
        var tool = Path.Combine(Ran.Place("Source"), "Handlers.Tool", "bin", Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(Ran.App)!)!), "net10.0", "Handlers.Tool.dll");
        var start = new ProcessStartInfo("sh", ["-c", "dotnet \"$0\" tail orders --embedded \"$1\" --follow --json | head -n 1", tool, folder.FullName]) { RedirectStandardOutput = true, StandardOutputEncoding = new UTF8Encoding(false) };
        start.Environment["LC_ALL"] = "en_US.ISO-8859-1";
        using var process = Process.Start(start)!;
        Assert.Contains("\"body\":\"é€\"", await process.StandardOutput.ReadLineAsync(stop), StringComparison.Ordinal);
        var ended = process.WaitForExitAsync(stop); // of the tool as well: the shell waits for both
        while (await Task.WhenAny(ended, Task.Delay(50, stop)) != ended) await RunAsync("publish", "orders", "--body", "more");
        await ended;
    }

    [Fact(Timeout = 60_000)]
    public async Task Wrong_usage_is_2_and_says_what_is_missing()
    {
        foreach (var (arguments, part) in ((string[], string)[])
            [
                (["tail", "orders"], "Which broker?"), (["tail", "orders", "--kafka", "x:1", "--embedded", "y"], "different brokers"), (["publish", "orders", "--embedded", "x"], "What is to be published?"),
                (["replay", "orders", "--from", "earliest", "--embedded", "x"], "Where to?"), (["replay", "orders", "--from", "3", "--into", "f", "--embedded", "x"], "name it with --partition"),
            ])
        {
            var ran = await Ran.Async(arguments);
            Assert.Equal(2, ran.ExitCode);
            Assert.Contains(part, ran.Error, StringComparison.Ordinal);
        }

        var missing = await Ran.Async("tail", "orders", "--embedded", Path.Combine(folder.FullName, "none"));
        Assert.Equal(1, missing.ExitCode);
        Assert.False(Directory.Exists(Path.Combine(folder.FullName, "none")));
    }

    private static IEnumerable<string> Bodies(string tailed) => tailed.TrimEnd().Split('\n').Select(l => l.Split(' ')[^1]);

    private string Write(string text)
    {
        var path = Path.Combine(folder.FullName, $"{Guid.NewGuid():N}.txt");
        File.WriteAllText(path, text, new UTF8Encoding(false));
        return path;
    }

    private Task<Ran> RunAsync(params string[] arguments) => Ran.Async([.. arguments, "--embedded", folder.FullName]);

    private Task<string> OutputAsync(params string[] arguments) => Ran.OutputAsync([.. arguments, "--embedded", folder.FullName]);
}
