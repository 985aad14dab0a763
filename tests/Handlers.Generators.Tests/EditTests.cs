using Handlers.Generators.Tests.Driving;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Handlers.Generators.Tests;

/// <summary>An edit costs what it touches. (That an unrelated one touches nothing is checked in every test.)</summary>
public class EditTests
{
    [Fact]
    public void An_edit_of_one_handler_leaves_the_others_alone()
    {
        var changed = Changed(Handler("A", "a"), Handler("A", "changed"));
        Assert.Equal([IncrementalStepRunReason.Modified, IncrementalStepRunReason.Cached], changed[Steps.NamedHandlers]);
    }

    [Fact]
    public void An_edit_of_a_handlers_body_changes_nothing()
    {
        var changed = Changed(Handler("A", "a"), Handler("A", "a").Replace("{ }", "{ System.Console.WriteLine(); }", StringComparison.Ordinal));
        Assert.DoesNotContain(changed.Values.SelectMany(r => r), r => r is IncrementalStepRunReason.Modified or IncrementalStepRunReason.New);
    }

    private static string Handler(string name, string topic) =>
        $"public static class {name} {{ [StreamHandler(\"{topic}\")] public static void On(string body) {{ }} }}";

    private static Dictionary<string, IncrementalStepRunReason[]> Changed(string before, string after)
    {
        var compilation = Sources.Compile(before).AddSyntaxTrees(Sources.Tree(Handler("B", "b"), "B.cs"));
        var driver = CSharpGeneratorDriver.Create(
            [new HandlersGenerator().AsSourceGenerator()], parseOptions: Sources.Parse,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        var stop = TestContext.Current.CancellationToken;
        var old = compilation.SyntaxTrees.Single(t => t.FilePath == "App.cs");
        return driver.RunGenerators(compilation, stop)
            .RunGenerators(compilation.ReplaceSyntaxTree(old, Sources.Tree(after, "App.cs")), stop)
            .GetRunResult().Results[0].TrackedSteps
            .Where(s => Steps.All.Contains(s.Key))
            .ToDictionary(s => s.Key, s => s.Value.SelectMany(v => v.Outputs).Select(o => o.Reason).ToArray());
    }
}
