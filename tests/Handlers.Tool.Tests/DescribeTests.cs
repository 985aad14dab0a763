using System.Text.Json.Nodes;
using Handlers.Tool.Lib;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Tool.Tests;

/// <summary><c>handlers describe</c>, of an application with a library of handlers.</summary>
public sealed class DescribeTests
{
    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public async Task The_table_fits_its_terminal(int width)
    {
        var ran = await Ran.Async(width, "describe", Ran.App);
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.All(ran.Output.Split('\n'), line => Assert.True(line.Length <= width, line));
        Approved.Check($"Describe.{width}.txt", ran.Output);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public async Task A_long_name_leaves_room_for_what_is_said_of_it(int width)
    {
        var name = new string('n', 90);
        var text = (JsonObject)(await Ran.Async("describe", Ran.App, "--json")).Json;
        text["handlers"]![0]!["declared"]!["name"] = $"Some.{name}";
        text["handlers"]![0]!["effective"]!["group"] = name;
        text["handlers"]![0]!["effective"]!["topic"] = name;
        using var folder = new TestFolder();
        var ran = await Ran.Async(width, "describe", folder.Write("long.json", text.ToJsonString()));
        Assert.All(ran.Output.Split('\n'), line => Assert.True(line.TrimEnd().Length <= width, line));
        Assert.Contains("in lane order", ran.Output, StringComparison.Ordinal);
        Assert.Contains("commits the watermark", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Transitive_libraries_are_found_and_nothing_is_run()
    {
        var trace = Path.Combine(Path.GetDirectoryName(Ran.App)!, "ran.txt");
        Assert.False(File.Exists(trace));
        var json = (await Ran.Async("describe", Ran.App, "--json")).Json;
        Assert.Equal(["Handlers.Tool.App", "Handlers.Tool.Lib"], json["handlers"]!.AsArray().Select(h => h!["assembly"]!.GetValue<string>()).Distinct().Order());
        Assert.Equal(("Handlers.Tool.App", "1.2.3"), (json["application"]!.GetValue<string>(), json["version"]!.GetValue<string>()));
        Assert.Equal(["kafka", "embedded"], json["brokers"]!.AsArray().Select(b => b!.GetValue<string>()));
        Assert.False(File.Exists(trace), "The application ran.");
    }

    [Fact]
    public void No_assembly_of_a_shared_framework_is_missed_beside_an_application()
    {
        var core = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var web = Directory.GetDirectories(Path.Combine(core, "..", "..", "Microsoft.AspNetCore.App"));
        Assert.NotEmpty(web);
        var names = web.Append(core).SelectMany(folder => Directory.GetFiles(folder, "*.dll")).Select(AssemblyFile.Read).OfType<AssemblyFile>().Select(a => a.Name).ToList();
        Assert.Contains("Microsoft.AspNetCore", names);
        Assert.All(names, name => Assert.True(AssemblyFiles.IsFramework(name), name));
        Assert.False(AssemblyFiles.IsFramework("SystemOfOurs"));
    }

    [Fact]
    public void Both_ways_of_reading_settings_agree()
    {
        var services = new ServiceCollection();
        services.AddStreamHandlers();
        var emitted = ((HandlerDeclarations)services.Single(s => s.ServiceType == typeof(HandlerDeclarations)).ImplementationInstance!).Handlers;
        var read = TopologyReader.Read(new FileInfo(typeof(Orders).Assembly.Location)).Topology.Handlers;
        Assert.Equal(emitted.Count, read.Count);
        foreach (var handler in emitted)
        {
            var declared = read.Single(h => h.Name == handler.Name).Declared;
            // Of exceptions the text has names, and lists compare by identity.
            Assert.Equal(handler.Declared.RetryTopics, declared.RetryTopics);
            var retry = handler.Declared.Retry is { } r ? r with { On = [], Except = [] } : null;
            Assert.Equal(handler.Declared with { RetryTopics = [], Retry = retry }, declared with { RetryTopics = [], Retry = declared.Retry is { } own ? own with { On = [], Except = [] } : null });
            Assert.Equal(handler.PayloadType.Contains('?', StringComparison.Ordinal), read.Single(h => h.Name == handler.Name).Payload!.IsNullable);
        }
    }

    [Fact]
    public async Task Settings_of_an_environment_count()
    {
        using var folder = new TestFolder();
        var file = folder.Write("appsettings.Production.json", """
            { "Handlers": { "Topics": { "orders": "prod.orders" }, "Shop.OnOrder": { "Concurrency": 4, "Retry": "None", "DeadLetter": "None" }, "Shop.OnMail": { "Enabled": false } } }
            """);
        var json = (await Ran.Async("describe", Ran.App, "--json", "--settings", file, "--set", "Handlers:Shop.OnOrder:Group=prod", "--application", "shop")).Json;
        var order = Handler(json, "Shop.OnOrder");
        Assert.Equal(("prod.orders", "prod", 4, null, "Stop"), (Text(order, "topic"), Text(order, "group"), order["concurrency"]!.GetValue<int>(), order["retry"], Text(order, "onFailure")));
        Assert.Equal("shop", json["application"]!.GetValue<string>());
        Assert.False(json["handlers"]!.AsArray().Single(h => h!["name"]!.GetValue<string>() == "Shop.OnMail")!["enabled"]!.GetValue<bool>());
        Assert.DoesNotContain("mails", json["topics"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_mean_nothing_are_errors()
    {
        var ran = await Ran.Async("describe", Ran.App, "--set", "Handlers:Shop.OnOrdr:Group=x", "--set", "Handlers:Shop.OnOrder:Ordering=Sideways");
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("Did you mean 'Shop.OnOrder'?", ran.Error, StringComparison.Ordinal);
        Assert.Contains("Lane or Key or None", ran.Error, StringComparison.Ordinal);
        Assert.Contains("Shop.OnOrder", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_with_which_the_application_refuses_to_start_are_errors()
    {
        foreach (var (settings, said) in ((string[], string)[])
            [
                (["Handlers:Shop.OnOrder:Commit=EachMessage", "Handlers:Shop.OnOrder:Ordering=Key"], "which has no meaning with Ordering.Key"),
                (["Handlers:Shop.OnMail:Topic=doors", "Handlers:Shop.OnMail:Group=doors"], "share topic 'doors' and group 'doors'"),
                (["Handlers:Shop.OnMail:DeadLetter=None", "Handlers:Shop.OnMail:OnFailure=DeadLetter"], "names no topic for them"),
            ])
        {
            var ran = await Ran.Async(["describe", Ran.App, .. settings.SelectMany(s => new[] { "--set", s })]);
            Assert.Equal(1, ran.ExitCode);
            Assert.Contains(said, ran.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_baseline_is_read_as_it_was_written()
    {
        using var folder = new TestFolder();
        string[] settings = ["--set", "Handlers:Shop.OnOrder:Group=prod", "--set", "Handlers:Shop.OnMail:Enabled=false"];
        var written = await Ran.OutputAsync(["describe", Ran.App, "--json", .. settings]);
        Assert.Equal(written, await Ran.OutputAsync("describe", folder.Write("base.json", written), "--json"));
    }

    [Fact]
    public async Task One_of_several_transports_is_chosen()
    {
        var json = (await Ran.Async("describe", Ran.App, "--json", "--transport", "west")).Json;
        Assert.All(json["handlers"]!.AsArray(), h => Assert.StartsWith("Orders.", h!["name"]!.GetValue<string>(), StringComparison.Ordinal));
        var wrong = await Ran.Async("describe", Ran.App, "--transport", "wst");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("Did you mean 'west'?", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_assembly_says_what_to_give()
    {
        using var folder = new TestFolder();
        var native = folder.Write("App", "\u007fELF");
        var missing = Path.Combine(Path.GetDirectoryName(native)!, "Nothing.dll");
        foreach (var (file, said) in new[]
        {
            (native, "is no .NET assembly"), (missing, "There is no file"), (Path.GetDirectoryName(native)!, "is a folder"), (folder.Write("x.json", "{}"), "is not what 'handlers describe --json' writes"),
            (folder.Write("y.json", "{"), "is not what 'handlers describe --json' writes"), (folder.Write("z.json", """{"v":2,"handlers":[]}"""), "Install a newer tool"),
            (typeof(Assert).Assembly.Location, "does not use Handlers"), (typeof(ToolCommand).Assembly.Location, "no method that is marked"),
        })
        {
            var ran = await Ran.Async("describe", file);
            Assert.Equal((1, ""), (ran.ExitCode, ran.Output));
            Assert.Contains(said, ran.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_reference_that_is_not_there_is_named()
    {
        using var folder = new TestFolder();
        var ran = await Ran.Async("describe", folder.Copy(Ran.App));
        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("warning: Handlers.Tool.Lib is referenced", ran.Error, StringComparison.Ordinal);
        Assert.Contains("Shop.OnOrder", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_usage_ends_with_2()
    {
        foreach (var arguments in new string[][] { [], ["descrbe"], ["describe"], ["describe", "a", "b"], ["describe", "a", "--acl", "--iam"], ["describe", Ran.App, "--set", "x"], ["diff", "a"] })
            Assert.Equal(2, (await Ran.Async(arguments)).ExitCode);
    }

    [Fact]
    public async Task Text_of_others_neither_steers_the_terminal_nor_is_markup()
    {
        using var folder = new TestFolder();
        var json = (await Ran.Async("describe", Ran.App, "--json")).Json;
        foreach (var handler in json["handlers"]!.AsArray()) handler!["effective"]!["topic"] = "[red]\u001b[31m\u202e";
        var ran = await Ran.Async("describe", folder.Write("x.json", json.ToJsonString()));
        Assert.Contains("[red]\\u001b[31m\\u202e", ran.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', ran.Output);
    }

    private static JsonNode Handler(JsonNode json, string name) => json["handlers"]!.AsArray().Single(h => h!["name"]!.GetValue<string>() == name)!["effective"]!;

    private static string? Text(JsonNode node, string member) => node[member]?.GetValue<string>();
}
