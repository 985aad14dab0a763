namespace Handlers;

/// <summary>The handlers of one assembly. Emitted, one per assembly with handlers; registered once however often it is asked.</summary>
public interface IHandlersModule
{
    /// <summary>Adds handlers, their classes, and the errors of those that cannot be emitted.</summary>
    static abstract void Register(HandlersBuilder builder);
}

/// <summary>Tells the assemblies that reference this one where its handlers are. Emitted.</summary>
/// <param name="module">A public type that implements <see cref="IHandlersModule"/>.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class HandlersModuleAttribute(Type module) : Attribute
{
    /// <summary>The module.</summary>
    public Type Module { get; } = module;
}
