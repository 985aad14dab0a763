using System.Text.Json;
using System.Text.Json.Serialization;

namespace Handlers.Dashboard;

/// <summary>What somebody wants done. Without a token it is a question: the answer says what would be done, and has the token.</summary>
internal sealed record ControlRequest
{
    /// <summary>The handler; of a redrive: only its letters.</summary>
    public string? Handler { get; init; }

    /// <summary>The lane, as the API names lanes; null: all of them.</summary>
    public string? Lane { get; init; }

    /// <summary>Of a rewind: where to.</summary>
    public ControlTarget? To { get; init; }

    /// <summary>Of a change of concurrency: how many.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Of a redrive: the topic with the dead letters.</summary>
    public string? Topic { get; init; }

    /// <summary>Of a redrive: only letters of this time or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Of a redrive: the most letters.</summary>
    public long? Limit { get; init; }

    /// <summary>What the question was answered with.</summary>
    public string? Token { get; init; }

    /// <summary>The same request without its token, as one text: what a token stands for.</summary>
    public string ToText() => JsonSerializer.Serialize(this with { Token = null }, ControlJson.Default.ControlRequest);
}

/// <summary>Where a rewind goes. Exactly one is set.</summary>
internal sealed record ControlTarget
{
    /// <summary>The first message at or after it.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>A numbered position, whose message is handled again.</summary>
    public long? Position { get; init; }

    /// <summary>A position, whose message is not: a number, or <c>sequence:number</c>.</summary>
    public string? After { get; init; }

    /// <summary><c>earliest</c> or <c>latest</c>.</summary>
    public string? End { get; init; }
}

/// <summary>A member that means nothing is an error: a misspelled lane would be every lane.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ControlRequest))]
internal sealed partial class ControlJson : JsonSerializerContext;
