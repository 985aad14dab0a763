using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Handlers.Generators.Tests.Driving;

/// <summary>Applies a code fix as an editor would.</summary>
internal static class Fixed
{
    /// <summary>Fails unless the fix of the first diagnostic of this id makes the text into the expected one.</summary>
    public static async Task CheckAsync(CodeFixProvider provider, string id, string source, string expected)
    {
        var stop = TestContext.Current.CancellationToken;
        using var workspace = new AdhocWorkspace();
        var compilation = Sources.SwitchOn(Sources.Compile(source), id);
        var project = workspace.AddProject(ProjectInfo.Create(
            ProjectId.CreateNewId(), VersionStamp.Default, "App", "App", LanguageNames.CSharp,
            compilationOptions: compilation.Options, parseOptions: Sources.Parse, metadataReferences: compilation.References));
        foreach (var tree in compilation.SyntaxTrees) project = project.AddDocument(tree.FilePath, await tree.GetTextAsync(stop)).Project;
        var document = project.Documents.Single(d => d.Name == "App.cs");
        var diagnostic = (await Marked.AnalyzeAsync((await project.GetCompilationAsync(stop))!)).First(d => d.Id == id);
        Assert.Contains(id, provider.FixableDiagnosticIds);
        var actions = new List<CodeAction>();
        await provider.RegisterCodeFixesAsync(new CodeFixContext(document, diagnostic, (action, _) => actions.Add(action), stop));
        var operation = (await Assert.Single(actions).GetOperationsAsync(stop)).OfType<ApplyChangesOperation>().Single();
        var text = await operation.ChangedSolution.GetDocument(document.Id)!.GetTextAsync(stop);
        Assert.Equal(expected, text.ToString().ReplaceLineEndings("\n"));
    }
}
