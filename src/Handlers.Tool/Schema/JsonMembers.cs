using System.Reflection;

namespace Handlers.Tool;

/// <summary>One member of a type as JSON has it.</summary>
/// <param name="Name">As JSON spells it.</param>
/// <param name="Member">The property or field.</param>
/// <param name="Type">Its type.</param>
/// <param name="IsNullable">Whether a reference in it may be null.</param>
/// <param name="IsRequired">Whether JSON must have it.</param>
internal sealed record JsonMember(string Name, MemberInfo Member, Type Type, bool IsNullable, bool IsRequired);

/// <summary>The members of a type that System.Text.Json reads or writes.</summary>
internal static class JsonMembers
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private const int Always = 1; // JsonIgnoreCondition

    public static IReadOnlyList<JsonMember> Of(Type type, JsonShape shape)
    {
        var parameters = Constructor(type)?.GetParameters() ?? [];
        var setsRequired = Constructor(type)?.GetCustomAttributesData().Find("System.Diagnostics.CodeAnalysis.SetsRequiredMembersAttribute") is not null;
        var members = new List<JsonMember>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        // What derives comes first, and hides what it replaces.
        foreach (var at in Line(type))
        {
            foreach (var property in at.GetProperties(Declared).Where(p => p.GetIndexParameters().Length == 0))
            {
                var accessors = new[] { property.GetMethod, property.SetMethod };
                if (!accessors.Any(a => a is { IsPublic: true }) && property.Json("JsonInclude") is null) continue;
                var isReadOnly = property.SetMethod is not { IsPublic: true };
                if (isReadOnly && shape.IgnoresReadOnlyProperties && property.Json("JsonInclude") is null && Parameter(property) is null) continue;
                // What cannot be set is passed over when it is read, null or not.
                Add(property, property.PropertyType, isNullable: (isReadOnly && Parameter(property) is null) || Nullability.IsNullable(property));
            }

            foreach (var field in at.GetFields(Declared))
                if (field.Json("JsonInclude") is not null || (field.IsPublic && shape.IncludesFields && !(field.IsInitOnly && shape.IgnoresReadOnlyFields))) Add(field, field.FieldType, Nullability.IsNullable(field));
        }

        return members;

        ParameterInfo? Parameter(MemberInfo member) => parameters.FirstOrDefault(p => string.Equals(p.Name, member.Name, StringComparison.OrdinalIgnoreCase));

        void Add(MemberInfo member, Type its, bool isNullable)
        {
            if (!seen.Add(member.Name) || member.Json("JsonExtensionData") is not null) return;
            if (member.Json("JsonIgnore") is { } ignored && (ignored.Named("Condition") as int? ?? Always) == Always) return;
            var name = member.Json("JsonPropertyName")?.First() as string ?? shape.Names?.ConvertName(member.Name) ?? member.Name;
            var isRequired = member.Json("JsonRequired") is not null
                || (!setsRequired && member.GetCustomAttributesData().Find("System.Runtime.CompilerServices.RequiredMemberAttribute") is not null)
                // Without it System.Text.Json fills in what nobody wrote, unless it is told to refuse: its own schemas say that it is required.
                || Parameter(member) is { HasDefaultValue: false };
            members.Add(new JsonMember(name, member, its, isNullable && !its.IsValueType, isRequired));
        }
    }

    /// <summary>Whether a type keeps members that nobody declared.</summary>
    public static bool HasExtensionData(Type type) => Line(type).SelectMany(t => t.GetMembers(Declared)).Any(m => m is PropertyInfo or FieldInfo && m.Json("JsonExtensionData") is not null);

    private static IEnumerable<Type> Line(Type type)
    {
        if (type.IsInterface) return type.GetInterfaces().Prepend(type);
        var line = new List<Type>();
        for (var at = type; at is not null && at.FullName is not ("System.Object" or "System.ValueType"); at = at.BaseType) line.Add(at);
        return line;
    }

    /// <summary>The one that System.Text.Json calls: marked, else without parameters, which structs always have, else the only one.</summary>
    private static ConstructorInfo? Constructor(Type type)
    {
        var all = type.GetConstructors();
        return all.FirstOrDefault(c => c.Json("JsonConstructor") is not null) ?? (type.IsValueType ? null : all.FirstOrDefault(c => c.GetParameters().Length == 0) ?? (all is [var only] ? only : null));
    }
}
