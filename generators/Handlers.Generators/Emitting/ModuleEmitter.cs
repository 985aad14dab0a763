using Handlers.Generators.Model;

namespace Handlers.Generators.Emitting;

/// <summary>Prints what there is once per assembly: the module with its handlers, and <c>AddStreamHandlers()</c>.</summary>
internal static class ModuleEmitter
{
    public static string Module(AssemblyModel assembly, IReadOnlyList<NamedHandler> handlers)
    {
        var sorted = handlers.OrderBy(h => h.Handler.Path, StringComparer.Ordinal).ThenBy(h => h.Handler.Identity, StringComparer.Ordinal).ToArray();
        var file = SourceWriter.File().Line($"[assembly: global::Handlers.HandlersModuleAttribute(typeof({Name(assembly)}))]");
        foreach (var broken in sorted.Where(h => h.Handler.Errors.Count > 0)) TopologyEmitter.EmitErrors(file, broken.Handler);
        file.Line()
            .Open($"namespace {assembly.Namespace}")
            .Line("/// <summary>The stream handlers of this assembly. <c>AddStreamHandlers()</c> registers it.</summary>")
            .Line("[global::System.ComponentModel.EditorBrowsable(global::System.ComponentModel.EditorBrowsableState.Never)]")
            .Open($"public sealed class {ClassName(assembly)} : global::Handlers.IHandlersModule")
            .Line($"private {ClassName(assembly)}() {{ }}")
            .Line()
            .Line("/// <summary>Adds the handlers and their classes, and the errors of those that could not be emitted.</summary>")
            .Open("public static void Register(global::Handlers.HandlersBuilder builder)");
        foreach (var type in sorted.Where(h => h.Handler.Errors.Count == 0).Select(h => h.Handler.Class).OfType<ClassModel>().Distinct())
            ServiceEmitter.Register(file, type);
        foreach (var (handler, name) in sorted.Select(h => (h.Handler, h.Name)))
        {
            if (handler.Errors.Count == 0) file.Line($"builder.Add(global::{assembly.Namespace}.{name.Class}.Create());");
            foreach (var error in handler.Errors) Error(file, error);
        }

        // Whoever registers this assembly has what it references too, whether or not it references that itself.
        foreach (var module in assembly.Modules) file.Line($"builder.AddModule<{module}>();");
        return file.Close().Close().Close().ToString();
    }

    public static string Extensions(AssemblyModel assembly, bool hasModule)
    {
        var file = SourceWriter.File()
            .Open("namespace Handlers")
            .Line("/// <summary>Adds the stream handlers of this assembly and of every referenced one.</summary>")
            .Line("[global::Microsoft.CodeAnalysis.Embedded]")
            .Open("internal static class StreamHandlersExtensions")
            .Line("/// <summary>Adds every stream handler. Call it once or often; then choose a transport.</summary>")
            .Line("internal static global::Handlers.HandlersBuilder AddStreamHandlers(")
            .Open("    this global::Microsoft.Extensions.DependencyInjection.IServiceCollection services)")
            .Line("var builder = global::Handlers.HandlersBuilder.For(services);");
        if (hasModule) file.Line($"builder.AddModule<{Name(assembly)}>();");
        foreach (var module in assembly.Modules) file.Line($"builder.AddModule<{module}>();");
        foreach (var error in assembly.Errors) Error(file, error);
        return file.Line("return builder;").Close().Close().Close().ToString();
    }

    /// <summary>The attribute that hides a type from other assemblies; partial, because other generators emit it too.</summary>
    public static string EmbeddedAttribute() => SourceWriter.File()
        .Open("namespace Microsoft.CodeAnalysis")
        .Open("internal sealed partial class EmbeddedAttribute : global::System.Attribute")
        .Close().Close().ToString();

    private static void Error(SourceWriter file, ErrorModel error) =>
        file.Line($"builder.AddError({HandlerEmitter.Text(error.Id)}, {HandlerEmitter.Text(error.Message)});");

    private static string Name(AssemblyModel assembly) => $"global::{assembly.Namespace}.{ClassName(assembly)}";

    private static string ClassName(AssemblyModel assembly) => assembly.Identifier + "HandlersModule";
}
