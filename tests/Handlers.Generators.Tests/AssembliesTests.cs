using Handlers.Generators.Tests.Driving;
using Microsoft.CodeAnalysis.CSharp;

namespace Handlers.Generators.Tests;

/// <summary>Handlers in referenced assemblies, and what assemblies show each other.</summary>
public class AssembliesTests
{
    private const string Handler = """

        internal static class OnAssembly { [StreamHandler("t", Group = "ASSEMBLY")] internal static void On(string body) { } }
        """;

    private static string Source(string assembly, string more = "") =>
        more + Handler.Replace("ASSEMBLY", assembly, StringComparison.Ordinal).Replace("OnAssembly", "On" + assembly, StringComparison.Ordinal);

    [Fact]
    public void Internal_handlers_of_libraries_are_registered_once()
    {
        var b = Generated.From(Source("B", "[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"A\"), System.Runtime.CompilerServices.InternalsVisibleTo(\"App\")]"), "B");
        var a = Generated.From(Source("A", "[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"App\")]"), "A", b.ToReference());
        var app = Generated.From(
            Source("App", "internal static class Start { internal static void Run(IServiceCollection s) { s.AddStreamHandlers(); s.AddStreamHandlers(); } }"),
            "App", a.ToReference(), b.ToReference());
        var program = new LoadedProgram(b, a, app);
        program.Register();
        var declarations = program.Register();
        Assert.Equal(["OnA.On", "OnApp.On", "OnB.On"], declarations.Handlers.Select(h => h.Name).Order());
        Snapshot.Verify(app, ["AddStreamHandlers.g.cs"]);
    }

    [Fact]
    public void A_library_behind_a_library_is_registered_though_the_app_does_not_see_it()
    {
        var b = Generated.From(Source("B"), "B");
        var a = Generated.From(Source("A"), "A", b.ToReference());
        var app = Generated.From("class Nothing;", "App", a.ToReference());
        Assert.Equal(["OnA.On", "OnB.On"], new LoadedProgram(b, a, app).Register().Handlers.Select(h => h.Name).Order());
    }

    [Fact]
    public void Assemblies_of_one_solution_are_seen_before_they_are_built()
    {
        var library = Generated.From(Source("Lib", "[JsonSerializable(typeof(int))] public partial class LibJson : JsonSerializerContext;"), "Lib");
        var app = Generated.From(Source("App", "internal static class Numbers { [StreamHandler(\"n\")] public static void On(int n) { } }"), "App", library.Compilation.ToMetadataReference());
        Assert.Contains("AddModule<global::Handlers.Generated.Lib.LibHandlersModule>()", app.Files["AddStreamHandlers.g.cs"], StringComparison.Ordinal);
        Assert.Contains("global::LibJson.Default", app.Files["Numbers.On.g.cs"], StringComparison.Ordinal);
    }

    [Fact]
    public void An_assembly_without_the_runtime_gets_nothing()
    {
        var compilation = Sources.Compile("class Nothing;");
        var without = compilation.RemoveAllSyntaxTrees().AddSyntaxTrees(Sources.Tree("class Nothing;", "App.cs"))
            .RemoveReferences(compilation.References.Where(r => r.Display!.EndsWith("Handlers.dll", StringComparison.Ordinal)));
        Assert.Empty(Generated.From(without).Files);
    }

    [Theory]
    [InlineData("My.App", "My_App")]
    [InlineData("My-App", "My_App_")]
    [InlineData("3D", "_3D")]
    public void An_assembly_may_have_any_name(string assembly, string identifier)
    {
        var generated = Generated.From(Source("X"), assembly);
        Assert.Contains($"namespace Handlers.Generated.{identifier}", generated.Module, StringComparison.Ordinal);
        Assert.Single(new LoadedProgram(generated).Register().Handlers);
    }

    [Fact]
    public void An_embedded_attribute_of_the_users_own_is_left_alone()
    {
        var generated = Generated.From("namespace Microsoft.CodeAnalysis { internal sealed class EmbeddedAttribute : Attribute; }");
        Assert.DoesNotContain("EmbeddedAttribute.g.cs", generated.Files.Keys);
        generated.Emit();
    }

    [Fact]
    public void An_embedded_attribute_of_another_generator_is_no_collision()
    {
        var generated = Generated.From("class Nothing;");
        var both = generated.Compilation.AddSyntaxTrees(Sources.Tree("namespace Microsoft.CodeAnalysis { internal sealed partial class EmbeddedAttribute : global::System.Attribute { } }", "Other.g.cs"));
        Assert.Empty(both.GetDiagnostics(TestContext.Current.CancellationToken).Where(d => d.Severity >= Microsoft.CodeAnalysis.DiagnosticSeverity.Warning));
    }

    [Fact]
    public void Names_that_differ_only_by_case_underscore_or_signature_do_not_collide()
    {
        var generated = Generated.From("""
            namespace A.B { public static class C { [StreamHandler("1", Name = "1")] public static void On(string s) { } [StreamHandler("2", Name = "2")] public static void On(byte[] s) { } } }
            namespace A { public static class B_C { [StreamHandler("3", Name = "3")] public static void On(string s) { } [StreamHandler("4", Name = "4")] public static void ON(string s) { } } }
            """);
        var handlers = new LoadedProgram(generated).Register().Handlers;
        Assert.Equal(["1", "2", "3", "4"], handlers.Select(h => h.Name).Order());
        Assert.Equal(handlers.Select(h => h.Name), handlers.Select(h => h.Declared.Topic));
    }
}
