using System.ComponentModel;

namespace Handlers;

/// <summary>
/// What the attributes of one handler say, as data in its assembly: the tool <c>handlers</c> reads it from the file, without running it. Emitted,
/// once for each handler. Nothing reads it at run time, and applications that are trimmed do not keep it.
/// </summary>
/// <param name="json">
/// An object of JSON, version 1: what somebody wrote, presets resolved, and no defaults, which are the runtime's. docs/tool.md names its members.
/// </param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class HandlerTopologyAttribute(string json) : Attribute
{
    /// <summary>The text.</summary>
    public string Json { get; } = json;

    /// <summary>The payload of one message, without a question mark; of a framed one, what is in the frame. Null where the handler has errors.</summary>
    public Type? Payload { get; init; }

    /// <summary>What is published; null where nothing is.</summary>
    public Type? Result { get; init; }

    /// <summary>The JSON context that knows the payload; null where it is no JSON.</summary>
    public Type? Context { get; init; }

    /// <summary>The JSON context that knows what is published; null where that is no JSON.</summary>
    public Type? ResultContext { get; init; }
}
