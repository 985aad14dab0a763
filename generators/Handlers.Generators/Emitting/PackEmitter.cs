using Handlers.Generators.Model;

namespace Handlers.Generators.Emitting;

/// <summary>Prints how a result becomes a message.</summary>
internal static class PackEmitter
{
    public static void Emit(SourceWriter file, ResultModel result, string info)
    {
        // Null results are not packed: they publish nothing.
        var value = result.IsNullable ? "value!" : "value";
        var lambda = HandlerEmitter.Lambda(captures: result.Payload!.Kind == PayloadKind.Json);
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

    private static string Body(PayloadModel payload, string value, string info) => payload.Kind switch
    {
        PayloadKind.Json => $"global::Handlers.Payload.PackJson({value}, {info})",
        PayloadKind.JsonElement => $"global::Handlers.Payload.PackJson({value})",
        PayloadKind.Text => $"global::Handlers.Payload.PackText({value})",
        PayloadKind.Self => $"global::Handlers.Payload.PackSelf<{payload.Type}>({value})",
        PayloadKind.Protobuf => $"global::Google.Protobuf.MessageExtensions.ToByteArray({value})",
        _ => value,
    };
}
