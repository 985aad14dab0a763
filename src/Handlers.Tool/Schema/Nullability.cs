using System.Reflection;

namespace Handlers.Tool;

/// <summary>
/// Whether a member of a reference type may be null, by the compiler's own attributes: the reader of the class library does not see metadata of
/// another world well.
/// </summary>
internal static class Nullability
{
    private const string Own = "System.Runtime.CompilerServices.NullableAttribute";
    private const string Context = "System.Runtime.CompilerServices.NullableContextAttribute";
    private const byte NotNull = 1;

    /// <summary>Code that says nothing of null may have it, and so may a member whose type is a parameter of its type.</summary>
    public static bool IsNullable(MemberInfo member)
    {
        if (IsParameter(member)) return true;
        var accessor = member is PropertyInfo property ? property.GetMethod ?? property.SetMethod : null;
        return (First(member.GetCustomAttributesData().Find(Own)) ?? (accessor is null ? null : Single(accessor)) ?? OfType(member.DeclaringType)) != NotNull;
    }

    private static bool IsParameter(MemberInfo member)
    {
        if (member.DeclaringType is not { IsGenericType: true } type) return false;
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var generic = type.GetGenericTypeDefinition();
        return (member is PropertyInfo ? generic.GetProperty(member.Name, All)?.PropertyType : generic.GetField(member.Name, All)?.FieldType)?.IsGenericParameter == true;
    }

    // From the inside out: the innermost that says something says it for all below.
    private static byte? OfType(Type? type)
    {
        for (; type is not null; type = type.DeclaringType)
            if (Single(type) is { } said) return said;
        return null;
    }

    private static byte? Single(MemberInfo member) => member.GetCustomAttributesData().Find(Context)?.First() as byte?;

    // A byte for all, or one for each type within, of which the first is the member's own.
    private static byte? First(CustomAttributeData? attribute) => attribute?.First() switch
    {
        byte all => all,
        IReadOnlyList<CustomAttributeTypedArgument> each => each[0].Value as byte?,
        _ => null,
    };
}
