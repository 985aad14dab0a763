using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Handlers.Generators.Tests.Driving;

/// <summary>Compilations of source text against what a user's project would reference.</summary>
internal static class Sources
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using System.Text.Json;
        global using System.Text.Json.Serialization;
        global using Microsoft.Extensions.DependencyInjection;
        global using Handlers;
        """;

    public static readonly CSharpParseOptions Parse = new(LanguageVersion.Latest, DocumentationMode.Diagnose);

    private static readonly ImmutableArray<MetadataReference> Framework = [.. Files().Select(f => MetadataReference.CreateFromFile(f))];

    /// <summary>The generator that completes JSON contexts.</summary>
    public static IIncrementalGenerator Json { get; } = LoadJson();

    public static CSharpCompilation Compile(string source, string assembly = "App", params IEnumerable<MetadataReference> references) => CSharpCompilation.Create(
        assembly,
        [Tree(Usings, "Usings.cs"), Tree(source, "App.cs")],
        [.. Framework, .. references],
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, warningLevel: 9999, allowUnsafe: true,
            // As the SDK does: a package may be built against an older version of what it references.
            specificDiagnosticOptions: [new("CS1701", ReportDiagnostic.Suppress), new("CS1702", ReportDiagnostic.Suppress)]));

    /// <summary>As <c>dotnet_diagnostic.{id}.severity = error</c> does it.</summary>
    public static CSharpCompilation SwitchOn(CSharpCompilation compilation, string id) => compilation.WithOptions(
        compilation.Options.WithSpecificDiagnosticOptions(compilation.Options.SpecificDiagnosticOptions.SetItem(id, ReportDiagnostic.Error)));

    public static SyntaxTree Tree(string source, string path) => CSharpSyntaxTree.ParseText(source, Parse, path, System.Text.Encoding.UTF8);

    // What this process runs on, without what belongs to tests and compilers.
    private static IEnumerable<string> Files() => ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator)
        .Where(f => Path.GetFileNameWithoutExtension(f) is "Handlers" or "Google.Protobuf" or "mscorlib" or "netstandard" || IsPlatform(Path.GetFileName(f)));

    private static bool IsPlatform(string file) =>
        file.StartsWith("System.", StringComparison.Ordinal) && !file.StartsWith("System.Composition", StringComparison.Ordinal)
        || file.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal);

    private static IIncrementalGenerator LoadJson()
    {
        var packs = typeof(Sources).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "TargetingPacks").Value!;
        var file = Directory.GetFiles(Path.Combine(packs, "Microsoft.NETCore.App.Ref"), "System.Text.Json.SourceGeneration.dll", SearchOption.AllDirectories).Order().Last();
        var type = Assembly.LoadFrom(file).GetTypes().Single(t => t.IsAssignableTo(typeof(IIncrementalGenerator)) && !t.IsAbstract);
        return (IIncrementalGenerator)Activator.CreateInstance(type)!;
    }
}
