using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Handlers.Generators.Tests.Driving;

/// <summary>Source text in which <c>{|HND001:…|}</c> marks what a diagnostic must underline.</summary>
internal static class Marked
{
    /// <summary>The text without marks, and what each diagnostic underlines.</summary>
    public static (string Source, IReadOnlyList<Underline> Expected) Read(string marked)
    {
        var source = new StringBuilder();
        var expected = new List<Underline>();
        var open = new Stack<(string Id, int Start)>();
        for (var i = 0; i < marked.Length; i++)
        {
            if (marked.AsSpan(i).StartsWith("{|HND"))
            {
                open.Push((marked.Substring(i + 2, 6), source.Length));
                i += 8;
            }
            else if (marked.AsSpan(i).StartsWith("|}"))
            {
                var (id, start) = open.Pop();
                expected.Add(new Underline(id, start, source.ToString(start, source.Length - start)));
                i++;
            }
            else
            {
                source.Append(marked[i]);
            }
        }

        return (source.ToString(), expected);
    }

    /// <summary>Fails unless the analyzer underlines just what is marked, and the program knows each error without the analyzer. The messages.</summary>
    public static Task<IReadOnlyList<string>> CheckAsync(string marked, params IEnumerable<MetadataReference> references) =>
        CheckAsync(marked, static source => source, references);

    /// <summary>The same, with a rule that is off switched on.</summary>
    public static Task<IReadOnlyList<string>> CheckWithAsync(string id, string marked) => CheckAsync(marked, compilation => Sources.SwitchOn(compilation, id));

    private static async Task<IReadOnlyList<string>> CheckAsync(string marked, Func<CSharpCompilation, CSharpCompilation> change, params IEnumerable<MetadataReference> references)
    {
        var (source, expected) = Read(marked);
        var generated = Generated.From(change(Sources.Compile(source, "App", references)));
        var found = await AnalyzeAsync(generated.Compilation);
        Assert.Equal(
            expected.OrderBy(e => e.Start).ThenBy(e => e.Id, StringComparer.Ordinal),
            found.Select(d => new Underline(d.Id, d.Location.SourceSpan.Start, source.Substring(d.Location.SourceSpan.Start, d.Location.SourceSpan.Length)))
                .OrderBy(u => u.Start).ThenBy(e => e.Id, StringComparer.Ordinal));
        foreach (var error in found.Where(d => d.Severity == DiagnosticSeverity.Error && !IsLeftToTheCore(d.Id)))
            Assert.Contains($"builder.AddError(\"{error.Id}\", {Emitting.HandlerEmitter.Text(Message(error))});", generated.Files.GetValueOrDefault("HandlersModule.g.cs"));
        return [.. found.OrderBy(d => d.Location.SourceSpan.Start).Select(Message)];
    }

    public static async Task<IReadOnlyList<Diagnostic>> AnalyzeAsync(Compilation compilation) => await compilation
        .WithAnalyzers([new Analyzers.HandlerAnalyzer()])
        .GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);

    private static string Message(Diagnostic diagnostic) => diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture);

    // Rules about several handlers and about names: the handlers are emitted, and the core refuses to start with them.
    private static bool IsLeftToTheCore(string id) => id is "HND019" or "HND020" or "HND064" or "HND065" or "HND068";
}

internal sealed record Underline(string Id, int Start, string Text);
