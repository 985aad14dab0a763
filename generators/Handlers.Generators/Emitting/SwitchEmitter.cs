using System.Text;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis.CSharp;

namespace Handlers.Generators.Emitting;

/// <summary>Prints the switch over the types of message that handlers of one topic and group take: over bytes, without making text of them.</summary>
internal static class SwitchEmitter
{
    public static string Emit(TypeSet set, string @namespace)
    {
        var file = SourceWriter.File()
            .Open($"namespace {@namespace}")
            .Line($"// The types of message in {HandlerEmitter.Text(set.Topic)}, in the group {(set.Group is { } group ? HandlerEmitter.Text(group) : "that is the application's name")}.")
            .Open($"internal static class {set.Class}")
            .Open("internal static int Select(global::System.ReadOnlySpan<byte> type)")
            .Open("switch (type.Length)");
        foreach (var alike in set.Cases.Select((c, i) => (Case: c, Index: i)).GroupBy(c => Encoding.UTF8.GetByteCount(c.Case.Type)).OrderBy(g => g.Key))
        {
            file.Line($"case {alike.Key}:");
            foreach (var (type, index) in alike)
                file.Indented($"if (global::System.MemoryExtensions.SequenceEqual(type, {HandlerEmitter.Text(type.Type)}u8)) return {index}; // {Comment(type.Handler)}");
            file.Indented("break;");
        }

        return file.Close().Line().Line("return -1;").Close().Close().Close().ToString();
    }

    /// <summary>What a registration says of its type.</summary>
    public static string Match(HandlerModel handler, TypePlace place, string @namespace)
    {
        var source = handler.Settings.TypeFrom ?? "Header";
        var name = handler.Settings.TypeName is { } text ? HandlerEmitter.Text(text) : "null";
        return $"new global::Handlers.MessageTypeMatch({HandlerEmitter.Text(handler.Settings.MessageType!)}, global::Handlers.TypeSource.{source}, {name}, global::{@namespace}.{place.Class}.Select, {place.Index})";
    }

    // A name may have any character, and a comment ends with its line.
    private static string Comment(string name) => SymbolDisplay.FormatLiteral(name, quote: false);
}
