using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>Payloads in the frame of a schema, and what may be in one.</summary>
internal static class FrameParser
{
    /// <summary>Whether the type, without its question mark, is <c>Framed&lt;T&gt;</c>, and its <c>T</c>: of anything else the type itself.</summary>
    public static bool IsFramed(ITypeSymbol type, out ITypeSymbol content) => type.IsGeneric("Handlers", "Framed", out content);

    /// <summary>What is in the frame, if there is one, without its question mark.</summary>
    public static ITypeSymbol Content(ITypeSymbol type)
    {
        type.IsNullable(out var bare);
        IsFramed(bare, out var content);
        content.IsNullable(out bare);
        return bare;
    }

    /// <summary>False, with the finding, where the frame is around what has none.</summary>
    public static bool Check(ITypeSymbol type, Location? where, Findings findings)
    {
        type.IsNullable(out var bare);
        if (!IsFramed(bare, out var content) || WhyNot(content) is not { } why) return true;
        findings.Add(Rules.UnsupportedFrame, where, bare.Text(), why);
        return false;
    }

    /// <summary>A type in the body is behind the frame, where nothing looks for it.</summary>
    public static void CheckType(AttributeData attribute, SettingsModel settings, PayloadModel payload, Findings findings, CancellationToken stop)
    {
        if (payload.IsFramed && settings is { TypeFrom: "Json", MessageType: not null }) findings.Add(Rules.FramedTypeInBody, Places.Argument(attribute, "TypeFrom", stop));
    }

    private static string? WhyNot(ITypeSymbol content)
    {
        if (content.IsNullable(out var bare)) return "a tombstone has no frame; write the question mark behind Framed<T>";
        if (IsFramed(bare, out _)) return "a frame is in no other frame; leave one of them";
        if (bare.SpecialType == SpecialType.System_String) return "text has no schema; use JsonElement or a type for JSON, or ReadOnlyMemory<byte> for the bytes";
        if (bare.IsGeneric("Handlers", "Message", out _) || bare.IsGeneric("System.Collections.Generic", "IReadOnlyList", out _)) return "each message has a frame of its own; use IReadOnlyList<Framed<T>>, or IReadOnlyList<Message<Framed<T>>>";
        return bare.Is("Handlers", "OutgoingMessage") ? "the frame is around the payload alone; return OutgoingMessage<Framed<T>>" : null;
    }
}
