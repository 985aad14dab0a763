using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>Lists of payloads or of messages: <c>IReadOnlyList&lt;T&gt;</c> and nothing else, so that JSON arrays stay payloads.</summary>
internal static class BatchParser
{
    /// <summary>Whether the method takes lists.</summary>
    public static BatchShape Shape(IMethodSymbol method) =>
        ParameterParser.Payloads(method) is { Length: 1 } payloads ? Shape(payloads[0].Type, out _) : BatchShape.None;

    /// <summary>Whether the type is a batch, and the payload of one message: of anything else the type itself.</summary>
    public static BatchShape Shape(ITypeSymbol type, out ITypeSymbol payload)
    {
        payload = type;
        type.IsNullable(out var list);
        if (!list.IsGeneric("System.Collections.Generic", "IReadOnlyList", out var item)) return BatchShape.None;
        payload = item;
        item.IsNullable(out var message);
        if (!message.IsGeneric("Handlers", "Message", out var inner)) return BatchShape.Payloads;
        payload = inner;
        return BatchShape.Messages;
    }

    /// <summary>What is wrong with a batch that is not wrong with its payload; null where nothing is.</summary>
    public static string? WhyNot(ITypeSymbol type)
    {
        var isNullable = type.IsNullable(out var list);
        if (!list.IsGeneric("System.Collections.Generic", "IReadOnlyList", out var item)) return null;
        if (isNullable) return "a batch is never null; for tombstones write the question mark behind the payload";
        return item.IsNullable(out var message) && message.IsGeneric("Handlers", "Message", out _)
            ? "a message of a batch is never null; for tombstones write the question mark behind the payload" : null;
    }
}
