using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Configuration;

namespace Handlers.Tool.Tests;

/// <summary><c>handlers diff</c>: what a change breaks, rule by rule.</summary>
public sealed class DiffTests
{
    private const string Plain = """{"v":1,"name":"A.On","method":"M:A.On","topic":"t","group":"g","payload":{"kind":"Json","type":"App.T"}}""";

    /// <summary>What a change adds to the plain handler before and after, and what is said of it; the other way round it is the second rule.</summary>
    public static TheoryData<string, string, string, string> Rows => new()
    {
        { """{"transport":"west"}""", "{}", "breaking transport-changed", "breaking transport-changed" },
        { """{"topic":"u"}""", "{}", "breaking topic-changed", "breaking topic-changed" },
        { """{"group":"h"}""", "{}", "breaking group-renamed", "breaking group-renamed" },
        { "{}", """{"messageType":"a"}""", "breaking type-changed", "harmless type-widened" },
        { """{"messageType":"a"}""", """{"messageType":"b"}""", "breaking type-changed", "breaking type-changed" },
        { """{"messageType":"a"}""", """{"messageType":"a","typeFrom":"Json"}""", "breaking type-source-changed", "breaking type-source-changed" },
        { """{"publish":{"topic":"o","kind":"Text","type":"string"}}""", "{}", "breaking output-dropped", "harmless output-added" },
        { """{"publish":{"topic":"o","kind":"Text","type":"string"}}""", """{"publish":{"topic":"p","kind":"Text","type":"string"}}""", "breaking output-changed", "breaking output-changed" },
        { """{"onFailure":"Skip"}""", """{"commit":"OnRead","onFailure":"Skip"}""", "breaking commit-at-most-once", "harmless commit-tightened" },
        { """{"deadLetter":"d","onFailure":"Skip"}""", """{"onFailure":"Skip"}""", "breaking dead-letter-dropped,loosening invalid-loosened", "harmless invalid-tightened,harmless dead-letter-added" },
        { """{"deadLetter":"d"}""", """{"onInvalid":"Stop"}""", "loosening dead-letter-removed,harmless failure-tightened,harmless invalid-tightened", "harmless failure-tightened,harmless invalid-tightened,harmless dead-letter-added" },
        { "{}", """{"payload":{"kind":"Protobuf","type":"App.T"}}""", "breaking payload-kind-changed", "breaking payload-kind-changed" },
        { "{}", """{"payload":{"kind":"Array","type":"byte[]"}}""", "harmless payload-type-renamed", "breaking payload-kind-changed,harmless payload-type-renamed" },
        { """{"payload":{"kind":"Json","type":"App.T","framed":true}}""", "{}", "breaking frame-changed", "breaking frame-changed" },
        { """{"payload":{"kind":"Json","type":"App.T","nullable":true}}""", "{}", "breaking payload-not-nullable", "harmless payload-nullable" },
        { """{"publish":{"topic":"o","kind":"Text","type":"string"}}""", """{"publish":{"topic":"o","kind":"Json","type":"App.U"}}""", "breaking output-kind-changed", "breaking output-kind-changed" },
        { "{}", """{"ordering":"Key"}""", "loosening ordering-loosened", "harmless ordering-tightened" },
        { """{"ordering":"Key"}""", """{"ordering":"None"}""", "loosening ordering-loosened", "harmless ordering-tightened" },
        { """{"commit":"Transaction"}""", """{"commit":"EachMessage"}""", "loosening commit-loosened", "harmless commit-tightened" },
        { """{"commit":"EachMessage"}""", "{}", "loosening commit-loosened", "harmless commit-tightened" },
        { "{}", """{"onFailure":"Skip"}""", "loosening failure-loosened", "harmless failure-tightened" },
        { """{"onInvalid":"Stop"}""", "{}", "loosening invalid-loosened", "harmless invalid-tightened" },
        { """{"onUnmatched":"Stop"}""", "{}", "loosening unmatched-loosened", "harmless unmatched-tightened" },
        { """{"retry":{}}""", "{}", "loosening retry-dropped", "harmless retry-changed" },
        { """{"retry":{"attempts":5}}""", """{"retry":{}}""", "loosening retry-fewer", "harmless retry-changed" },
        { """{"retry":{"delay":"1s"}}""", """{"retry":{"delay":"2s"}}""", "harmless retry-changed", "harmless retry-changed" },
        { """{"timeLimit":"5s"}""", "{}", "loosening time-limit-dropped", "harmless time-limit-changed" },
        { """{"circuitBreaker":"db"}""", "{}", "loosening circuit-breaker-dropped", "harmless circuit-breaker-changed" },
        { """{"deadLetter":"d"}""", """{"deadLetter":"e"}""", "loosening dead-letter-renamed", "loosening dead-letter-renamed" },
        { """{"name":"B.On"}""", "{}", "loosening handler-renamed", "loosening handler-renamed" },
        { """{"concurrency":4}""", "{}", "harmless concurrency-changed", "harmless concurrency-changed" },
        { """{"batch":"Payloads"}""", """{"batch":"Payloads","batchSize":7}""", "harmless batch-changed", "harmless batch-changed" },
        { """{"start":"Earliest"}""", "{}", "harmless start-changed", "harmless start-changed" },
        { """{"method":"M:B.On"}""", "{}", "harmless method-renamed", "harmless method-renamed" },
        { """{"ordering":"None","retryTopics":["5s"]}""", """{"ordering":"None","retryTopics":["6s"]}""", "breaking retry-topic-dropped", "breaking retry-topic-dropped" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_change_is_of_its_class_and_so_is_its_opposite(string before, string after, string rules, string opposite)
    {
        Assert.Equal(rules, Rules(Of(before), Of(after)));
        Assert.Equal(opposite, Rules(Of(after), Of(before)));
    }

    [Fact]
    public void Every_rule_has_a_row() => Assert.Empty(DiffRules.All.Select(r => r.Id).Except(Rows.SelectMany(r => $"{r.Data.Item3},{r.Data.Item4}".Split(',')).Select(r => r.Split(' ')[1])));

    [Fact]
    public void The_documentation_has_every_rule()
    {
        var page = File.ReadAllText(Path.Combine(Ran.Place("Source"), "..", "docs", "tool.md"));
        string[] ofTheWhole = ["handler-removed", "handler-added", "type-dropped", "retry-topic-dropped", "topic-added"];
        Assert.All(DiffRules.All.Concat(SchemaRules.All).Select(r => r.Id).Concat(ofTheWhole), rule => Assert.Contains($"`{rule}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void A_handler_that_is_gone_breaks_and_one_that_is_new_does_not()
    {
        var two = Topology(Plain, """{"name":"B.On","method":"M:B.On","topic":"u","group":"g"}""");
        Assert.Equal("breaking handler-removed", Rules(two, Of("{}")));
        Assert.Equal("harmless handler-added", Rules(Of("{}"), two));
        Assert.Equal("breaking type-dropped", Rules(
            Topology("""{"name":"A","topic":"t","group":"g","messageType":"a"}""", """{"name":"B","topic":"t","group":"g","messageType":"b"}"""), Topology("""{"name":"A","topic":"t","group":"g","messageType":"a"}""")));
        Assert.Equal("breaking handler-removed", Rules(Of("{}"), Topology(["Handlers:A.On:Enabled=false"], Plain)));
    }

    [Fact]
    public void A_handler_that_moves_and_reads_the_same_is_the_same() =>
        Assert.Equal("loosening handler-renamed,harmless method-renamed", Rules(Of("{}"), Of("""{"name":"B.Other","method":"M:B.Other"}""")));

    [Fact]
    public void Handlers_that_only_change_their_names_lose_no_position()
    {
        var (a, b) = ("""{"name":"A","topic":"t","group":"g"}""", """{"name":"B","topic":"u","group":"g"}""");
        var (other, one) = ("""{"name":"B","topic":"t","group":"g"}""", """{"name":"A","topic":"u","group":"g"}""");
        Assert.Equal("loosening handler-renamed,loosening handler-renamed", Rules(Topology(a, b), Topology(other, one)));
        // Whoever takes over a position is its heir; what the name read before is read by nobody.
        Assert.Equal("breaking handler-removed,loosening handler-renamed", Rules(Topology(a, b), Topology(one)));
    }

    [Fact]
    public void A_rename_of_the_application_renames_the_default_group()
    {
        static Topology Named(string application) => Effective.Apply(new Topology(application, null, "", [], [TopologyReader.Handler((JsonObject)JsonNode.Parse("""{"name":"A","topic":"t"}""")!, new Dictionary<string, string>(), "A", application)]), new ConfigurationBuilder().Build(), []);
        Assert.Equal("breaking group-renamed", Rules(Named("a"), Named("b")));
    }

    [Fact]
    public void A_topology_does_not_differ_from_itself_in_whatever_order()
    {
        var texts = Rows.SelectMany(r => new[] { r.Data.Item1, r.Data.Item2 }).Distinct().ToArray();
        var some = Gen.ArrayOf(Gen.Choose(0, texts.Length - 1)).ToArbitrary();
        Prop.ForAll(some, chosen =>
        {
            var handlers = chosen.Select((c, i) => Merged(texts[c], $$"""{"name":"H{{i}}","method":"M:H{{i}}"}""")).ToArray();
            Assert.Empty(TopologyDiff.Compare(Topology(handlers), Topology([.. handlers.Reverse()])));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Exit_codes()
    {
        using var folder = new TestFolder();
        var text = await Ran.OutputAsync("describe", Ran.App, "--json");
        var baseline = folder.Write("base.json", text);
        var same = await Ran.Async("diff", baseline, Ran.App);
        Assert.Equal((0, "Nothing breaks, and nothing is looser.\n"), (same.ExitCode, same.Output));
        var other = folder.Write("other.json", await Ran.OutputAsync("describe", Ran.App, "--json", "--set", "Handlers:Shop.OnOrder:Ordering=Key"));
        Assert.Equal(3, (await Ran.Async("diff", baseline, other)).ExitCode);
        Assert.Equal(0, (await Ran.Async("diff", baseline, other, "--fail-on", "breaking")).ExitCode);
        Assert.Equal(0, (await Ran.Async("diff", other, baseline)).ExitCode);
        Assert.Equal(0, (await Ran.Async("diff", folder.Write("no-extension", text), baseline)).ExitCode);
        Assert.Equal(3, (await Ran.Async("diff", other, baseline, "--fail-on", "harmless")).ExitCode);
        Assert.Equal(1, (await Ran.Async("diff", baseline, folder.Write("no.json", "[]"))).ExitCode);
        Assert.Equal(2, (await Ran.Async("diff", baseline, other, "--fail-on", "nothing")).ExitCode);
        var json = (await Ran.Async("diff", baseline, other, "--json")).Json;
        Assert.Equal(("loosening", "ordering-loosened"), (json["worst"]!.GetValue<string>(), json["changes"]![0]!["rule"]!.GetValue<string>()));
    }

    private static string Rules(Topology before, Topology after) =>
        string.Join(",", TopologyDiff.Compare(before, after).Where(c => c.Rule != "topic-added").Select(c => $"{c.Class.ToString().ToLowerInvariant()} {c.Rule}"));

    private static Topology Of(string text) => Topology(Merged(Plain, text));

    private static Topology Topology(params string[] handlers) => Topology([], handlers);

    private static Topology Topology(string[] settings, params string[] handlers)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Split('=')[0], (string?)s.Split('=')[1]))).Build();
        var errors = new List<string>();
        var topology = Effective.Apply(new("App", null, "0.1.0", ["kafka"], [.. handlers.Select(h => TopologyReader.Handler((JsonObject)JsonNode.Parse(h)!, new Dictionary<string, string>(), "App", "App"))]), configuration, errors);
        Assert.Empty(errors);
        return topology;
    }

    private static string Merged(string text, string more)
    {
        var merged = (JsonObject)JsonNode.Parse(Plain)!;
        foreach (var part in new[] { text, more })
            foreach (var (member, value) in (JsonObject)JsonNode.Parse(part)!) merged[member] = value?.DeepClone();
        return merged.ToJsonString();
    }
}
