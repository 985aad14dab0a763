using System.Reflection;
using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary>
/// JSON Schemas, draft 7, of Protobuf messages as proto3's JSON has them: by the classes that protoc generates. Their properties spell the fields, so that
/// <c>user_id</c> is <c>userId</c>; where a letter follows a digit, upper and lower case may differ from the field's.
/// </summary>
internal sealed class ProtobufSchema(Definitions definitions)
{
    private const string Known = "Google.Protobuf.WellKnownTypes.";
    private const string Number = "FieldNumber"; // the constant beside the property of each field

    public JsonObject Of(Type type) => type switch
    {
        { IsGenericType: true, Name: "Nullable`1" } => Of(type.GenericTypeArguments[0]), // of a wrapper
        { IsGenericType: true, Name: "RepeatedField`1" } => new JsonObject { ["type"] = "array", ["items"] = Of(type.GenericTypeArguments[0]) },
        { IsGenericType: true, Name: "MapField`2" } => new JsonObject { ["type"] = "object", ["additionalProperties"] = Of(type.GenericTypeArguments[1]) },
        { IsEnum: true } when type.FullName == Known + "NullValue" => new JsonObject { ["type"] = "null" },
        { IsEnum: true } => new JsonObject { ["enum"] = new JsonArray([.. type.GetFields().Where(f => f.IsLiteral).Select(f => (JsonNode)(OriginalName(f) ?? f.Name))]) },
        _ => Scalar(type.FullName) ?? new JsonObject { ["$ref"] = definitions.Add(type, new JsonShape(), () => Members(type)) },
    };

    private JsonObject Members(Type type)
    {
        var properties = new JsonObject();
        foreach (var property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
        {
            if (type.GetField(property.Name + Number, BindingFlags.Static | BindingFlags.Public) is null) continue;
            var name = property.Name.TrimEnd('_');
            properties[char.ToLowerInvariant(name[0]) + name[1..]] = Of(property.PropertyType);
        }

        return properties.Count == 0 ? new JsonObject { ["type"] = "object" } : new JsonObject { ["type"] = "object", ["properties"] = properties };
    }

    private static string? OriginalName(FieldInfo member) => member.GetCustomAttributesData().Find("Google.Protobuf.Reflection.OriginalNameAttribute")?.First() as string;

    // Whole numbers of 64 bits are texts.
    private static JsonObject? Scalar(string? type) => type switch
    {
        "System.Boolean" or Known + "BoolValue" => Typed("boolean"),
        "System.Int32" or Known + "Int32Value" => Typed("integer", "int32"),
        "System.UInt32" or Known + "UInt32Value" => Typed("integer", "uint32"),
        "System.Int64" or Known + "Int64Value" => Typed("string", "int64"),
        "System.UInt64" or Known + "UInt64Value" => Typed("string", "uint64"),
        "System.Single" or Known + "FloatValue" => Typed("number", "float"),
        "System.Double" or Known + "DoubleValue" => Typed("number", "double"),
        "System.String" or Known + "StringValue" or Known + "FieldMask" => Typed("string"),
        "Google.Protobuf.ByteString" or Known + "BytesValue" => new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" },
        Known + "Timestamp" => Typed("string", "date-time"),
        Known + "Duration" => new JsonObject { ["type"] = "string", ["pattern"] = @"^-?\d+(\.\d{1,9})?s$" },
        Known + "Struct" or Known + "Empty" => Typed("object"),
        Known + "ListValue" => Typed("array"),
        Known + "Value" => [],
        Known + "Any" => new JsonObject { ["type"] = "object", ["required"] = new JsonArray("@type"), ["properties"] = new JsonObject { ["@type"] = Typed("string") } },
        _ => null,
    };

    private static JsonObject Typed(string type, string? format = null) => format is null ? new JsonObject { ["type"] = type } : new JsonObject { ["type"] = type, ["format"] = format };
}
