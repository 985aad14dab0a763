using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Handlers.Tool.Tests;

/// <summary>Scripts and rights: exactly what handlers need, and names that stay names.</summary>
public sealed partial class RightsTests
{
    [Fact]
    public async Task Rights_at_Kafka_are_exactly_these()
    {
        var ran = await Ran.Async("describe", Ran.App, "--acl", "--json");
        Assert.Equal(0, ran.ExitCode);
        Approved.Check("Acl.txt", Lines(ran.Json));
        Approved.Check("Acl.create.txt", Lines((await Ran.Async("describe", Ran.App, "--acl", "--json", "--create")).Json));
        Approved.Check("Acl.redrive.txt", Lines((await Ran.Async("describe", Ran.App, "--acl", "--json", "--redrive")).Json));
    }

    [Fact]
    public async Task Nothing_is_granted_twice()
    {
        var rights = (await Ran.Async("describe", Ran.App, "--acl", "--json", "--create")).Json.AsArray().Select(r => $"{r!["resource"]} {r["name"]} {r["pattern"]} {r["operation"]}").ToList();
        Assert.Equal(rights.Distinct().Count(), rights.Count);
    }

    [Fact]
    public async Task A_transactional_group_may_write_its_ids()
    {
        Assert.Contains("TransactionalId ledger- prefixed Write", Lines((await Ran.Async("describe", Ran.App, "--acl", "--json")).Json), StringComparison.Ordinal);
        Assert.Contains("TransactionalId ledger-one literal Write", Lines((await Ran.Async("describe", Ran.App, "--acl", "--json", "--set", "Kafka:TransactionalId=one")).Json), StringComparison.Ordinal);
        Assert.Contains("TransactionalId ledger-two literal Write", Lines((await Ran.Async("describe", Ran.App, "--acl", "--json", "--set", "Kafka:group.instance.id=two")).Json), StringComparison.Ordinal);
        var warned = await Ran.Async("describe", Ran.App, "--acl", "--set", "Handlers:Shop.OnAudit:Group=ledger-audit");
        Assert.Contains("group 'ledger-audit' begin as those of group 'ledger'", warned.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"^audit\..*", "audit.")]
    [InlineData(@"^orders-(eu|us)", "orders-")]
    [InlineData(@"^ab?c", "a")]
    [InlineData(@"^ab{2}", "a")]
    [InlineData(@"^a_1+", "a_1")]
    [InlineData(@"^.*", "")]
    [InlineData(@"^a|b", "")]
    [InlineData(@"^[ab]", "")]
    [InlineData(@"^\d", "")]
    [InlineData(@"^\p{L}", "")]
    public void A_pattern_grants_how_its_names_begin(string pattern, string head) => Assert.Equal(head, KafkaAcl.Head(pattern));

    [Fact]
    public async Task A_pattern_without_a_head_is_refused()
    {
        var ran = await Ran.Async("describe", Ran.App, "--acl", "--set", "Handlers:Shop.OnAudit:Topic=^.*");
        Assert.Equal((1, ""), (ran.ExitCode, ran.Output));
        Assert.Contains("a right to every topic", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_scripts_are_shell_and_make_what_handlers_need()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no sh.");
        string[] evil = ["--set", "Handlers:Topics:ledger='; touch evil; '", "--set", "Handlers:Shop.OnLedger:Group=$(touch evil)"];
        var topics = await Ran.OutputAsync(["describe", Ran.App, "--topics", "--broker", "kafka", "--partitions", "3", "--replicas", "2", .. evil]);
        var calls = await CallsAsync(topics, "KAFKA_TOPICS");
        var topic = (string name) => $"--bootstrap-server|b:1|--create|--if-not-exists|--topic={name}|--partitions|3|--replication-factor|2|";
        var expected = (await Ran.Async(["describe", Ran.App, "--json", .. evil])).Json["topics"]!.AsArray().Where(t => !t!["pattern"]!.GetValue<bool>()).Select(t => topic(t!["name"]!.GetValue<string>()));
        Assert.Equal(expected, calls);
        Assert.Contains(topic("'; touch evil; '"), calls);
        Assert.Contains(topic("mails.mail's.retry.1m"), calls);

        var acl = await CallsAsync(await Ran.OutputAsync(["describe", Ran.App, "--acl", "--principal", "User:it's", .. evil]), "KAFKA_ACLS");
        Assert.Contains("--bootstrap-server|b:1|--add|--allow-principal=User:it's|--operation|Read|--group=$(touch evil)|--resource-pattern-type|literal|", acl);
    }

    [Fact]
    public async Task Streams_that_are_missing_are_made_one_after_the_other()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no sh.");
        var script = await Ran.OutputAsync(["describe", Ran.App, "--topics", "--broker", "kinesis", "--partitions", "2", "--set", "Handlers:Topics:ledger='; touch evil; '", "--set", "Handlers:Shop.OnAudit:Enabled=false", "--transport", "default"]);
        var calls = await CallsAsync(script, "AWS", "case $2 in describe*) exit 1;; esac");
        Assert.Equal(["kinesis|create-stream|--stream-name='; touch evil; '|--shard-count=2|", "kinesis|wait|stream-exists|--stream-name='; touch evil; '|"], calls.Take(2));
        Assert.Equal(2 * JsonNode.Parse(await Ran.OutputAsync("describe", Ran.App, "--topics", "--broker", "kinesis", "--transport", "default", "--json", "--set", "Handlers:Shop.OnAudit:Enabled=false"))!.AsArray().Count, calls.Length);
        Assert.Empty(await CallsAsync(script, "AWS", "case $2 in describe*) exit 0;; esac")); // they are there
        Assert.Contains("--stream-name='elsewhere'", await Ran.OutputAsync("describe", Ran.App, "--topics", "--broker", "kinesis", "--set", "Kinesis:Stream=elsewhere"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_references_several_brokers_says_which()
    {
        var ran = await Ran.Async("describe", Ran.App, "--topics");
        Assert.Equal(2, ran.ExitCode);
        Assert.Contains("kafka and embedded", ran.Error, StringComparison.Ordinal);
        Assert.Contains("--shard-count=2", await Ran.OutputAsync("describe", Ran.App, "--topics", "--broker", "kinesis", "--partitions", "2"), StringComparison.Ordinal);
        Assert.Contains("makes its topics itself", await Ran.OutputAsync("describe", Ran.App, "--topics", "--broker", "embedded"), StringComparison.Ordinal);
    }

    private static readonly string[] Kinesis =
        ["--transport", "default", "--set", "Handlers:Shop.OnAudit:Enabled=false", "--set", "Kinesis:Leases:Table={group}.{topic}", "--region", "eu-west-1", "--account", "123456789012"];

    [Fact]
    public async Task Rights_at_Kinesis_are_exactly_these()
    {
        Approved.Check("Iam.json", await Ran.OutputAsync(["describe", Ran.App, "--iam", .. Kinesis]));
        Approved.Check("Iam.FanOut.json", await Ran.OutputAsync(["describe", Ran.App, "--iam", "--set", "Kinesis:Reads=FanOut", "--create", "--kms", "arn:aws:kms:eu-west-1:123456789012:key/k", .. Kinesis]));
    }

    [Fact]
    public async Task Rights_of_a_redrive_at_Kinesis_are_those_of_letters_and_of_what_they_came_from()
    {
        var statements = (await Ran.Async(["describe", Ran.App, "--iam", "--redrive", .. Kinesis])).Json["Statement"]!.AsArray().ToDictionary(s => s!["Sid"]!.GetValue<string>(), s => s!["Resource"]!.AsArray().Select(r => r!.GetValue<string>().Split(':')[^1]).ToArray());
        Assert.Equal(["stream/mails.dead", "stream/orders.dead"], statements["Read"]);
        Assert.Equal(["stream/mails", "stream/orders"], statements["Write"]);
        Assert.Equal(["table/handlers.redrive*.mails.dead", "table/handlers.redrive*.orders.dead"], statements["Leases"]);
        Assert.Equal(4, statements.Count);
    }

    [Fact]
    public async Task A_pattern_is_no_stream()
    {
        var ran = await Ran.Async("describe", Ran.App, "--iam");
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("Kinesis has no patterns", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_action_is_a_star()
    {
        var policy = (await Ran.Async(["describe", Ran.App, "--iam", .. Kinesis])).Json;
        Assert.All(policy["Statement"]!.AsArray().SelectMany(s => s!["Action"]!.AsArray()), a => Assert.DoesNotContain("*", a!.GetValue<string>(), StringComparison.Ordinal));
    }

    /// <summary>A call that is new in Handlers.Kinesis needs a right here, or a word on why it needs none.</summary>
    [Fact]
    public async Task Every_call_that_we_make_is_covered()
    {
        string[] without = ["ListStreams"]; // for the hint in an error alone; its refusal is caught
        var called = Directory.GetFiles(Path.Combine(Ran.Place("Source"), "Handlers.Kinesis"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal)).SelectMany(f => Call().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).Distinct().Except(without).Order().ToList();
        Assert.True(called.Count > 12, string.Join(", ", called));
        var statements = new List<JsonNode?>();
        foreach (var reads in (string[])["Polling", "FanOut"]) statements.AddRange((await Ran.Async(["describe", Ran.App, "--iam", "--create", "--set", $"Kinesis:Reads={reads}", .. Kinesis])).Json["Statement"]!.AsArray());
        var granted = statements.SelectMany(s => s!["Action"]!.AsArray()).Select(a => a!.GetValue<string>().Split(':')[1]).Distinct().Order();
        Assert.Equal(called, granted);
    }

    [GeneratedRegex(@"\bclient\.(\w+)Async\(")]
    private static partial Regex Call();

    private static string Lines(JsonNode rights) => string.Concat(rights.AsArray().Select(r => $"{r!["resource"]} {r["name"]} {r["pattern"]} {r["operation"]}: {r["why"]}\n"));

    /// <summary>The arguments of each call of a program that a script makes, run by a shell with another program in its place.</summary>
    private static async Task<string[]> CallsAsync(string script, string program, string before = ":")
    {
        using var folder = new TestFolder();
        var stub = folder.Write("stub", $"#!/bin/sh\n{before}\nprintf '%s|' \"$@\"\necho\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(stub, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo("sh", [folder.Write("script", script)]) { RedirectStandardOutput = true, WorkingDirectory = Path.GetDirectoryName(stub)! };
        (start.Environment["BOOTSTRAP"], start.Environment[program]) = ("b:1", stub);
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        Assert.False(File.Exists(Path.Combine(start.WorkingDirectory, "evil")), "A name left its quotes.");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
