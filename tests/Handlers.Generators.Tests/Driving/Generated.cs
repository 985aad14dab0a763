using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Handlers.Generators.Tests.Driving;

/// <summary>A run of the generator, whose every step was seen to be cached over an unrelated edit.</summary>
internal sealed class Generated
{
    private Generated(Compilation compilation, GeneratorRunResult result) => (Compilation, Result) = (compilation, result);

    /// <summary>The program with what was emitted, contexts included.</summary>
    public Compilation Compilation { get; }

    public GeneratorRunResult Result { get; }

    /// <summary>The emitted files by name.</summary>
    public IReadOnlyDictionary<string, string> Files => Result.GeneratedSources.ToDictionary(s => s.HintName, s => s.SourceText.ToString());

    /// <summary>All that was emitted for the assembly's handlers.</summary>
    public string Module => Files["HandlersModule.g.cs"];

    public static Generated From(string source, string assembly = "App", params IEnumerable<MetadataReference> references) =>
        From(Sources.Compile(source, assembly, references));

    public static Generated From(CSharpCompilation compilation)
    {
        var first = Driver().RunGenerators(compilation, TestContext.Current.CancellationToken);
        var edited = compilation.AddSyntaxTrees(Sources.Tree("internal static class Unrelated { internal static int Number => 1; }", "Unrelated.cs"));
        var second = first.RunGenerators(edited, TestContext.Current.CancellationToken);
        Caching.Check(first.GetRunResult().Results[0], second.GetRunResult().Results[0]);
        Driver().RunGeneratorsAndUpdateCompilation(compilation, out var complete, out _, TestContext.Current.CancellationToken);
        var result = first.GetRunResult().Results[0];
        Assert.Null(result.Exception);
        return new Generated(complete, result);
    }

    /// <summary>The program as a reference of another.</summary>
    public MetadataReference ToReference() => MetadataReference.CreateFromImage(Emit());

    /// <summary>The program's bytes. Any warning in emitted code is a failure.</summary>
    public byte[] Emit()
    {
        var image = new MemoryStream();
        var emitted = Compilation.Emit(image, cancellationToken: TestContext.Current.CancellationToken);
        var found = emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error || (d.Severity == DiagnosticSeverity.Warning && d.Location.SourceTree?.FilePath != "App.cs")).ToArray();
        Assert.True(found.Length == 0, string.Join(Environment.NewLine, found.Select(d => d + Environment.NewLine + d.Location.SourceTree)));
        return image.ToArray();
    }

    private static CSharpGeneratorDriver Driver() => CSharpGeneratorDriver.Create(
        [new HandlersGenerator().AsSourceGenerator(), Sources.Json.AsSourceGenerator()],
        parseOptions: Sources.Parse,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
}
