namespace Handlers.Tool;

/// <summary>Types that are arrays or maps in JSON.</summary>
internal static class Collections
{
    private static readonly string[] Maps = ["System.Collections.Generic.IDictionary`2", "System.Collections.Generic.IReadOnlyDictionary`2"];
    private static readonly string[] Sequences = ["System.Collections.Generic.IEnumerable`1", "System.Collections.Generic.IAsyncEnumerable`1"];

    /// <summary>Of a map the type of its values; else null.</summary>
    public static Type? Values(Type type) => Implemented(type, Maps)?[1];

    /// <summary>Of a sequence the type of its items; else null.</summary>
    public static Type? Items(Type type) => type.IsArray ? type.GetElementType()
        : type is { IsGenericType: true, Name: "Memory`1" or "ReadOnlyMemory`1" } ? type.GenericTypeArguments[0]
        : Implemented(type, Sequences)?[0];

    private static Type[]? Implemented(Type type, string[] names) => type.GetInterfaces().Prepend(type)
        .FirstOrDefault(i => i.IsGenericType && names.Contains(i.GetGenericTypeDefinition().FullName))?.GenericTypeArguments;
}
