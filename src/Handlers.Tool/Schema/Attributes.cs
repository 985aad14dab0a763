using System.Collections.ObjectModel;
using System.Reflection;

namespace Handlers.Tool;

/// <summary>Attributes as metadata: by their names, as their types are another world's.</summary>
internal static class Attributes
{
    private const string Prefix = "System.Text.Json.Serialization.";

    public static CustomAttributeData? Find(this IEnumerable<CustomAttributeData> attributes, string name) => attributes.FirstOrDefault(a => a.AttributeType.FullName == name);

    /// <summary>One of System.Text.Json, by its name without <c>Attribute</c>.</summary>
    public static CustomAttributeData? Json(this MemberInfo member, string name) => member.GetCustomAttributesData().Find($"{Prefix}{name}Attribute");

    /// <summary>All of a name.</summary>
    public static IEnumerable<CustomAttributeData> JsonAll(this MemberInfo member, string name) => member.GetCustomAttributesData().Where(a => a.AttributeType.FullName == $"{Prefix}{name}Attribute");

    /// <summary>The first argument of the constructor.</summary>
    public static object? First(this CustomAttributeData attribute) => attribute.ConstructorArguments is [var first, ..] ? first.Value : null;

    /// <summary>A property that is set; null where it is not.</summary>
    public static object? Named(this CustomAttributeData attribute, string name) =>
        attribute.NamedArguments.Where(a => a.MemberName == name).Select(a => a.TypedValue.Value).FirstOrDefault();

    /// <summary>The types of an array argument.</summary>
    public static IEnumerable<Type> Types(object? value) => value is ReadOnlyCollection<CustomAttributeTypedArgument> items ? items.Select(i => i.Value).OfType<Type>() : [];
}
