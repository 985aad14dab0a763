namespace Handlers;

/// <summary>
/// The parameter takes the message's key, as <c>string</c> (UTF-8), <c>byte[]</c> or <c>ReadOnlyMemory&lt;byte&gt;</c>.
/// Where it is not nullable, a message without a key is invalid.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class FromKeyAttribute : Attribute;

/// <summary>
/// The parameter takes the last header of this name, as <c>string</c> (UTF-8), <c>byte[]</c> or
/// <c>ReadOnlyMemory&lt;byte&gt;</c>. Where it is not nullable, a message without that header is invalid.
/// </summary>
/// <param name="name">The header's name, compared by its exact characters.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class FromHeaderAttribute(string name) : Attribute
{
    /// <summary>The header's name.</summary>
    public string Name { get; } = name;
}

/// <summary>
/// The parameter takes a service. Of a static method or a <see cref="SingletonHandlerAttribute"/> class it comes from a
/// scope of this message all the same.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class FromServicesAttribute : Attribute;

/// <summary>
/// One instance of this handler class serves the whole process. Without it, each message gets an instance of its own,
/// in its own dependency-injection scope.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SingletonHandlerAttribute : Attribute;
