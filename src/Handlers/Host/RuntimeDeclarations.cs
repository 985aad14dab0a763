namespace Handlers;

/// <summary>What was declared for all handlers while the application was put together. Written by the builder only; read once, at start.</summary>
internal sealed class RuntimeDeclarations
{
    public Dictionary<string, Func<TimeProvider, Retry>> Pipelines { get; } = new(StringComparer.Ordinal);

    /// <summary>In the order in which they stand around a call, the outermost first.</summary>
    public List<Func<MiddlewareLane, IHandlerMiddleware?>> Middleware { get; } = [];
}
