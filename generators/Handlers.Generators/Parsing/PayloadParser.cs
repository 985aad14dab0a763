using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>From a type to the way in which bytes become it.</summary>
internal static class PayloadParser
{
    /// <summary>The payload of a type; where it cannot be one, <paramref name="reason"/> says why and what to do.</summary>
    public static PayloadModel Parse(ITypeSymbol type, out string? reason)
    {
        var isNullable = type.IsNullable(out var bare);
        if (FrameParser.IsFramed(bare, out var content)) return Parse(content, out reason) with { IsFramed = true, IsNullable = isNullable, IsValueType = true };
        reason = null;
        var kind = KindByType(bare);
        if (kind is PayloadKind.Json) reason = NotJson(bare);
        if (reason is not null || bare.IsUnknown()) kind = PayloadKind.Unsupported;
        var spelling = bare.Spelling();
        return new PayloadModel(kind, spelling, spelling.Contains('?') ? bare.Key() : spelling, bare.Text().TrimEnd('?'), isNullable, bare.IsValueType) { Item = Item(bare) };
    }

    /// <summary>True where the type packs itself; false where it only unpacks itself.</summary>
    public static bool PacksItself(ITypeSymbol type) => ImplementsForItself(type, "Handlers", "IPack");

    private static PayloadKind KindByType(ITypeSymbol type)
    {
        if (type.SpecialType == SpecialType.System_String) return PayloadKind.Text;
        if (IsBytes(type)) return PayloadKind.Array;
        if (IsMemory(type)) return PayloadKind.Memory;
        if (type.Is("System.Text.Json", "JsonElement")) return PayloadKind.JsonElement;
        if (ImplementsForItself(type, "Handlers", "IUnpack") || PacksItself(type)) return PayloadKind.Self;
        if (ImplementsForItself(type, "Google.Protobuf", "IMessage") && HasParser(type)) return PayloadKind.Protobuf;
        return PayloadKind.Json;
    }

    /// <summary>Which of text, array and memory a part of a message may be taken as.</summary>
    public static PayloadKind PartByType(ITypeSymbol type) => KindByType(type) is var kind and (PayloadKind.Text or PayloadKind.Array or PayloadKind.Memory) ? kind : PayloadKind.Unsupported;

    private static bool IsBytes(ITypeSymbol type) => type is IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Byte };

    private static bool IsMemory(ITypeSymbol type) => type.IsGeneric("System", "ReadOnlyMemory", out var item) && item.SpecialType == SpecialType.System_Byte;

    private static bool HasParser(ITypeSymbol type) =>
        type.GetMembers("Parser").OfType<IPropertySymbol>().Any(p => p is { IsStatic: true, DeclaredAccessibility: Accessibility.Public });

    // A type that inherits the interface unpacks to its base, which is another payload.
    private static bool ImplementsForItself(ITypeSymbol type, string @namespace, string name)
    {
        foreach (var implemented in type.AllInterfaces)
            if (implemented.IsGeneric(@namespace, name, out var self) && SymbolEqualityComparer.Default.Equals(self, type)) return true;
        return false;
    }

    private static string? NotJson(ITypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Dynamic } or { SpecialType: SpecialType.System_Object } => "it says nothing of what is in the message; use JsonElement for any JSON",
        { TypeKind: TypeKind.TypeParameter } => "it is a type parameter; name the type",
        { IsRefLikeType: true } => "it lives on the stack and could not be kept across an await; use ReadOnlyMemory<byte>",
        { TypeKind: TypeKind.Pointer or TypeKind.FunctionPointer or TypeKind.Delegate } => "it is no data; use a class, a struct or a record",
        _ when type.Is("System", "Memory") || type.Is("System.Buffers", "ReadOnlySequence") => "bytes are taken as byte[] or ReadOnlyMemory<byte>",
        _ when type.Is("System.Text.Json", "JsonDocument") => "nobody would dispose it; use JsonElement",
        _ when IsStream(type) => "a body is in memory already; use ReadOnlyMemory<byte>",
        _ when type.IsGeneric("Handlers", "Message", out _) => "a single message is taken as its payload, and MessageContext beside it",
        { TypeKind: TypeKind.Interface } when IsSequence(type) => "it is an interface; a batch is an IReadOnlyList<T> of payloads, JSON of an array is a List<T>",
        { TypeKind: TypeKind.Interface } when !IsPolymorphic(type) => "it is an interface; take a class, or mark it with [JsonDerivedType], or mark the parameter with [FromServices] if it is a service",
        { IsAbstract: true } when !IsPolymorphic(type) => "it is abstract; take a class that is not, or mark it with [JsonDerivedType]",
        _ => null,
    };

    // Lists that are classes; an interface is no payload anyway.
    private static string? Item(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol { Rank: 1 } array => array.ElementType.Text(),
        _ => type.IsGeneric("System.Collections.Generic", "List", out var item) ? item.Text() : null,
    };

    private static bool IsSequence(ITypeSymbol type) =>
        type.SpecialType == SpecialType.System_Collections_IEnumerable || type.Is("System.Collections.Generic", "IAsyncEnumerable")
        || type.AllInterfaces.Any(i => i.SpecialType == SpecialType.System_Collections_IEnumerable);

    private static bool IsPolymorphic(ITypeSymbol type) => type.GetAttributes().Any(a =>
        a.AttributeClass.Is("System.Text.Json.Serialization", "JsonDerivedTypeAttribute")
        || a.AttributeClass.Is("System.Text.Json.Serialization", "JsonPolymorphicAttribute")
        || a.AttributeClass.Is("System.Text.Json.Serialization", "JsonConverterAttribute"));

    private static bool IsStream(ITypeSymbol type)
    {
        for (var t = type; t is not null; t = t.BaseType)
            if (t.Is("System.IO", "Stream")) return true;
        return false;
    }
}
