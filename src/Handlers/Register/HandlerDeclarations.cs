namespace Handlers;

/// <summary>What was declared while the application was put together. Written by the builder only; read once, at start.</summary>
internal sealed class HandlerDeclarations
{
    public HashSet<Type> Modules { get; } = [];

    public List<HandlerRegistration> Handlers { get; } = [];

    public List<string> Errors { get; } = [];

    /// <summary>The names of those that run, where not all do: a replay's. Set before the start.</summary>
    public IReadOnlySet<string>? Only { get; set; }

    public Dictionary<string, Func<IServiceProvider, ITransport>> Transports { get; } = new(StringComparer.Ordinal);
}
