using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary>
/// JSON Schemas, draft 7, of what a JSON context reads and writes. Types with members become definitions, each once for a context. Of what only a
/// converter of one's own knows nothing is said.
/// </summary>
internal sealed class SchemaBuilder(Definitions definitions, Type? context)
{
    private readonly JsonShape shape = JsonShape.Of(context);

    /// <summary>The schema of a payload.</summary>
    public JsonObject Of(Type type) => Of(type, isNullable: false, enumsAreTexts: false);

    private JsonObject Of(Type type, bool isNullable, bool enumsAreTexts)
    {
        if (type is { IsGenericType: true } && type.GetGenericTypeDefinition().FullName == "System.Nullable`1") return Of(type.GenericTypeArguments[0], isNullable: true, enumsAreTexts);
        // A context's own goes before the type's.
        var converter = shape.Converter(type) ?? type.Json("JsonConverter")?.First() as Type;
        if (converter is not null && !JsonShape.IsStringEnum(converter)) return Open(converter);
        if (type.IsEnum) return Enum(type, isNullable, enumsAreTexts || converter is not null || shape.EnumsAreTexts);
        if (Scalars.Of(type, shape) is { } scalar) return OrNull(scalar, isNullable);
        if (Collections.Values(type) is { } value) return OrNull(new JsonObject { ["type"] = "object", ["additionalProperties"] = Item(value) }, isNullable);
        if (Collections.Items(type) is { } item) return OrNull(new JsonObject { ["type"] = "array", ["items"] = Item(item) }, isNullable);
        var reference = new JsonObject { ["$ref"] = definitions.Add(type, shape, () => Members(type)) };
        return isNullable ? new JsonObject { ["anyOf"] = new JsonArray(reference, new JsonObject { ["type"] = "null" }) } : reference;
    }

    // System.Text.Json takes null for every item of a reference type, whatever its annotation says.
    private JsonObject Item(Type type) => Of(type, isNullable: !type.IsValueType, enumsAreTexts: false);

    private JsonObject Members(Type type)
    {
        var schema = Plain(type);
        var derived = type.JsonAll("JsonDerivedType").ToList();
        if (derived.Count == 0) return schema;
        var name = type.Json("JsonPolymorphic")?.Named("TypeDiscriminatorPropertyName") as string ?? "$type";
        var cases = derived.Select(d => Case((Type)d.First()!, d.ConstructorArguments.Count > 1 ? d.ConstructorArguments[1].Value : null, name, type)).ToList();
        var hasItself = derived.Any(d => ((Type)d.First()!).FullName == type.FullName);
        // A base that can be made stays beside them, as itself.
        if (!type.IsAbstract && !type.IsInterface && !hasItself) cases.Add(schema);
        return new JsonObject { ["anyOf"] = new JsonArray([.. cases]) };
    }

    private JsonObject Case(Type type, object? discriminator, string name, Type parent)
    {
        var schema = type.FullName == parent.FullName || !type.JsonAll("JsonDerivedType").Any() ? Plain(type) : Members(type);
        if (discriminator is null) return schema;
        var properties = schema["properties"] as JsonObject ?? [];
        properties.Insert(0, name, new JsonObject { ["const"] = discriminator is int number ? number : (string)discriminator });
        if (properties.Parent is null) schema["properties"] = properties;
        var required = schema["required"] as JsonArray ?? [];
        required.Insert(0, name);
        if (required.Parent is null) schema["required"] = required;
        return schema;
    }

    private JsonObject Plain(Type type)
    {
        var schema = new JsonObject { ["type"] = "object" };
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var member in JsonMembers.Of(type, shape).OrderBy(m => m.Member.Json("JsonPropertyOrder")?.First() as int? ?? 0))
        {
            properties[member.Name] = Of(member);
            if (member.IsRequired) required.Add(member.Name);
        }

        if (properties.Count > 0) schema["properties"] = properties;
        if (required.Count > 0) schema["required"] = required;
        var unknown = type.Json("JsonUnmappedMemberHandling")?.First() as int?;
        if (JsonMembers.HasExtensionData(type)) schema["additionalProperties"] = true;
        else if (unknown == 1 || (unknown is null && shape.RefusesUnknownMembers)) schema["additionalProperties"] = false;
        return schema;
    }

    private JsonObject Of(JsonMember member)
    {
        var converter = member.Member.Json("JsonConverter")?.First() as Type;
        if (converter is not null && !JsonShape.IsStringEnum(converter)) return Open(converter);
        var schema = Of(member.Type, member.IsNullable, enumsAreTexts: converter is not null);
        if (member.Member.Json("JsonNumberHandling")?.First() is int handling and not 0) Scalars.AlsoText(schema);
        return schema;
    }

    private static JsonObject Enum(Type type, bool isNullable, bool areTexts)
    {
        if (!areTexts) return OrNull(new JsonObject { ["type"] = "integer" }, isNullable);
        // Several flags at once are a text with commas.
        if (type.GetCustomAttributesData().Find("System.FlagsAttribute") is not null) return OrNull(new JsonObject { ["type"] = "string" }, isNullable);
        var names = type.GetFields().Where(f => f.IsLiteral).Select(f => (JsonNode?)(f.Json("JsonStringEnumMemberName")?.First() as string ?? f.Name)).ToList();
        if (isNullable) names.Add(null);
        return new JsonObject { ["enum"] = new JsonArray([.. names]) };
    }

    private static JsonObject Open(Type converter) => new() { ["x-handlers-converter"] = converter.FullName };

    private static JsonObject OrNull(JsonObject schema, bool isNullable)
    {
        if (isNullable && schema["type"] is { } type) schema["type"] = type is JsonArray several ? new JsonArray([.. several.Select(t => t!.DeepClone()), "null"]) : new JsonArray(type.DeepClone(), "null");
        return schema;
    }
}
