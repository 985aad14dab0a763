using System.Reflection;
using System.Runtime.CompilerServices;
using Handlers.CodeFixes;
using Handlers.Generators.Analyzers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;

namespace Handlers.Generators.Tests;

/// <summary>What holds for every diagnostic: an id, a page that explains it, and a test.</summary>
public class RulesTests
{
    private static string Pages([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "docs", "diagnostics");

    /// <summary>Ids that rules about transactions have, which may come after rules with later ids.</summary>
    private static readonly string[] Elsewhere = ["HND069", "HND070"];

    public static TheoryData<string> Ids => [.. Rules.All.Select(r => r.Id)];

    [Fact]
    public void Ids_are_consecutive_and_every_rule_is_in_the_list()
    {
        var last = int.Parse(Rules.All[^1].Id[3..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(Enumerable.Range(1, last).Select(n => $"HND{n:000}").Except(Elsewhere.Except(Rules.All.Select(r => r.Id))), Rules.All.Select(r => r.Id));
        var declared = typeof(Rules).GetFields(BindingFlags.Static | BindingFlags.Public).Where(f => f.FieldType == typeof(DiagnosticDescriptor));
        Assert.Equal(Rules.All.Length, declared.Count());
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_rule_has_a_page_that_is_linked(string id)
    {
        var rule = Rules.All.Single(r => r.Id == id);
        Assert.EndsWith($"/docs/diagnostics/{id}.md", rule.HelpLinkUri, StringComparison.Ordinal);
        var page = File.ReadAllText(Path.Combine(Pages(), id + ".md"));
        Assert.StartsWith($"# {id}: {rule.Title}\n", page, StringComparison.Ordinal);
        Assert.All(["## What it means", "## Why", "## Wrong", "## Right", "## Suppressing"], s => Assert.Contains(s, page, StringComparison.Ordinal));
        Assert.Contains($"[{id}]({id}.md)", File.ReadAllText(Path.Combine(Pages(), "README.md")), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_rule_has_a_test(string id) => Assert.Contains(TestNames(), n => n.Contains(id, StringComparison.Ordinal));

    [Fact]
    public void A_code_fix_has_a_test_for_each_of_its_rules_and_its_page_says_so()
    {
        var fixes = typeof(AddToJsonContextFix).Assembly.GetTypes().Where(t => t.IsAssignableTo(typeof(CodeFixProvider)) && !t.IsAbstract);
        var fixable = fixes.SelectMany(t => ((CodeFixProvider)Activator.CreateInstance(t)!).FixableDiagnosticIds).ToArray();
        var tested = typeof(CodeFixTests).GetMethods().Select(m => m.Name).ToArray();
        Assert.All(fixable, id => Assert.Contains(tested, n => n.Contains(id, StringComparison.Ordinal)));
        Assert.Equal(fixable.Order(), Rules.All.Select(r => r.Id).Where(id => File.ReadAllText(Path.Combine(Pages(), id + ".md")).Contains("Code fix:", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> TestNames() => typeof(RulesTests).Assembly.GetTypes()
        .Where(t => t.Name.EndsWith("RuleTests", StringComparison.Ordinal))
        .SelectMany(t => t.GetMethods()).Select(m => m.Name);
}
