using System.Text;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Handlers.Generators.Emitting;

/// <summary>Which files are emitted, and when.</summary>
internal static class Outputs
{
    /// <summary>One file per handler that can be emitted.</summary>
    public static void Handler(SourceProductionContext output, (NamedHandler Handler, AssemblyModel Assembly) source)
    {
        var handler = source.Handler;
        if (handler.Handler.Errors.Count == 0) Add(output, handler.Name.File, HandlerEmitter.Emit(handler, source.Assembly.Namespace));
    }

    /// <summary>One file per topic and group of which handlers take messages by their type.</summary>
    public static void Switch(SourceProductionContext output, (TypeSet Types, AssemblyModel Assembly) source) =>
        Add(output, source.Types.Class + ".g.cs", SwitchEmitter.Emit(source.Types, source.Assembly.Namespace));

    /// <summary>The module, where there are handlers; those with errors count.</summary>
    public static void Module(SourceProductionContext output, (EquatableArray<NamedHandler> Handlers, AssemblyModel Assembly) source)
    {
        if (source.Handlers.Count > 0) Add(output, "HandlersModule.g.cs", ModuleEmitter.Module(source.Assembly, source.Handlers));
    }

    /// <summary><c>AddStreamHandlers()</c>, in every assembly that references the runtime.</summary>
    public static void Extensions(SourceProductionContext output, (bool HasModule, AssemblyModel Assembly) source)
    {
        if (!source.Assembly.UsesHandlers) return;
        if (!source.Assembly.DefinesEmbeddedAttribute) Add(output, "EmbeddedAttribute.g.cs", ModuleEmitter.EmbeddedAttribute());
        Add(output, "AddStreamHandlers.g.cs", ModuleEmitter.Extensions(source.Assembly, source.HasModule));
    }

    private static void Add(SourceProductionContext output, string file, string text) => output.AddSource(file, SourceText.From(text, Encoding.UTF8));
}
