using Handlers.Generators.Model;

namespace Handlers.Generators.Emitting;

/// <summary>Prints how a result becomes a message.</summary>
internal static class PackEmitter
{
    public static void Emit(SourceWriter file, ResultModel result, string info)
    {
        if (HasIndexes(result.Payload!)) Indexes(file, result.Payload!.Type);
        // Null results are not packed: they publish nothing.
        var value = result.IsNullable ? "value!" : "value";
        var lambda = HandlerEmitter.Lambda(captures: result.Payload!.Kind == PayloadKind.Json || HasIndexes(result.Payload));
        file.Open($"global::Handlers.Pack<{result.Declared}> pack = {lambda}value => new global::Handlers.OutgoingMessage");
        if (result.IsOutgoingMessage)
            file.Line($"Key = {value}.Key,").Line($"Headers = {value}.Headers,").Line($"Body = {Payload(result.Payload, value + ".Payload", info)},");
        else
            file.Line($"Body = {Body(result.Payload, result is { IsNullable: true, Payload.IsValueType: true } ? "value!.Value" : value, info)},");
        file.Close("};");
    }

    // A null payload in an outgoing message is a tombstone. The cast keeps a null array from becoming an empty body.
    private static string Payload(PayloadModel payload, string value, string info) => payload.IsNullable
        ? $"{value} is {{ }} payload ? (global::System.ReadOnlyMemory<byte>?){Body(payload, "payload", info)} : null"
        : Body(payload, value, info);

    private static string Body(PayloadModel payload, string value, string info)
    {
        if (!payload.IsFramed) return Content(payload, value, info);
        var content = Content(payload, value + ".Payload", info);
        return HasIndexes(payload)
            ? $"{HandlerEmitter.Frame}.PackProtobuf({value}.SchemaId, {value}.MessageIndexes ?? messageIndexes, {content})"
            : $"{HandlerEmitter.Frame}.Pack({value}.SchemaId, {content})";
    }

    private static bool HasIndexes(PayloadModel payload) => payload is { IsFramed: true, Kind: PayloadKind.Protobuf };

    // Its place in its own .proto, from the outermost message inwards: known to its descriptor alone, and asked once.
    private static void Indexes(SourceWriter file, string type) => file
        .Line("var messageIndexes = new global::System.Collections.Generic.List<int>();")
        .Line($"for (global::Google.Protobuf.Reflection.MessageDescriptor? at = {type}.Descriptor; at is not null; at = at.ContainingType) messageIndexes.Insert(0, at.Index);");

    private static string Content(PayloadModel payload, string value, string info) => payload.Kind switch
    {
        PayloadKind.Json => $"global::Handlers.Payload.PackJson({value}, {info})",
        PayloadKind.JsonElement => $"global::Handlers.Payload.PackJson({value})",
        PayloadKind.Text => $"global::Handlers.Payload.PackText({value})",
        PayloadKind.Self => $"global::Handlers.Payload.PackSelf<{payload.Type}>({value})",
        PayloadKind.Protobuf => $"global::Google.Protobuf.MessageExtensions.ToByteArray({value})",
        _ => value,
    };
}
