using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary>Types of the class library that are one value in JSON.</summary>
internal static class Scalars
{
    /// <summary>Null where it is none of them.</summary>
    public static JsonObject? Of(Type type, JsonShape shape) => type.FullName switch
    {
        "System.String" => Text(),
        "System.Boolean" => new JsonObject { ["type"] = "boolean" },
        "System.Int32" => Number("integer", "int32", shape),
        "System.Int64" => Number("integer", "int64", shape),
        "System.Byte" => Number("integer", "uint8", shape),
        "System.SByte" => Number("integer", "int8", shape),
        "System.Int16" or "System.UInt16" or "System.UInt32" or "System.UInt64" => Number("integer", type.Name.ToLowerInvariant(), shape),
        "System.Int128" or "System.UInt128" => Number("integer", null, shape),
        "System.Double" => Number("number", "double", shape),
        "System.Single" => Number("number", "float", shape),
        "System.Decimal" or "System.Half" => Number("number", null, shape),
        "System.Char" => new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 1 },
        "System.DateTime" or "System.DateTimeOffset" => Text("date-time"),
        "System.DateOnly" => Text("date"),
        "System.TimeOnly" => Text("time"),
        "System.TimeSpan" => new JsonObject { ["type"] = "string", ["pattern"] = @"^-?(\d+\.)?\d{2}:\d{2}:\d{2}(\.\d{1,7})?$" },
        "System.Guid" => Text("uuid"),
        "System.Uri" => Text("uri"),
        "System.Version" => Text(),
        "System.Byte[]" => Bytes(),
        "System.Object" or "System.Text.Json.JsonElement" or "System.Text.Json.JsonDocument" or "System.Text.Json.Nodes.JsonNode" or "System.Text.Json.Nodes.JsonValue" => [],
        "System.Text.Json.Nodes.JsonObject" => new JsonObject { ["type"] = "object" },
        "System.Text.Json.Nodes.JsonArray" => new JsonObject { ["type"] = "array" },
        _ => type is { IsGenericType: true, Name: "Memory`1" or "ReadOnlyMemory`1" } && type.GenericTypeArguments[0].FullName == "System.Byte" ? Bytes() : null,
    };

    /// <summary>Of a member that has numbers as texts.</summary>
    public static void AlsoText(JsonObject schema)
    {
        if (schema["type"] is JsonValue type && type.GetValue<string>() is "integer" or "number") schema["type"] = new JsonArray(type.DeepClone(), "string");
        else if (schema["type"] is JsonArray several && several.Any(t => t!.GetValue<string>() is "integer" or "number") && !several.Any(t => t!.GetValue<string>() == "string")) several.Insert(1, "string");
    }

    private static JsonObject Number(string type, string? format, JsonShape shape)
    {
        var schema = new JsonObject { ["type"] = type };
        if (format is not null) schema["format"] = format;
        if (shape.NumbersMayBeTexts) AlsoText(schema);
        return schema;
    }

    private static JsonObject Text(string? format = null) => format is null ? new JsonObject { ["type"] = "string" } : new JsonObject { ["type"] = "string", ["format"] = format };

    private static JsonObject Bytes() => new() { ["type"] = "string", ["contentEncoding"] = "base64" };
}
