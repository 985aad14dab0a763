using System.Diagnostics;
using System.Text;

namespace Handlers;

/// <summary>
/// The W3C trace context in the headers of a message: <c>traceparent</c> and <c>tracestate</c>. They come from anybody, so what is not as it
/// should be is left aside.
/// </summary>
internal static class TraceContext
{
    public const string Parent = "traceparent";
    public const string State = "tracestate";

    /// <summary>Version 00 has 55 characters; a later one may have more behind them.</summary>
    private const int ShortestParent = 55;
    private const int LongestParent = 128;

    /// <summary>What the specification asks everybody to carry on; more is not carried.</summary>
    private const int LongestState = 512;

    /// <summary>The first valid context; default where there is none.</summary>
    public static ActivityContext Of(Headers? headers)
    {
        if (headers is null) return default;
        for (var i = 0; i < headers.Count; i++)
        {
            if (Is(headers[i], Parent) && Text(headers[i], ShortestParent, LongestParent) is { } parent
                && ActivityContext.TryParse(parent, StateOf(headers), isRemote: true, out var context)) return context;
        }

        return default;
    }

    /// <summary>The message with the context of an activity, unless it has a valid one.</summary>
    public static OutgoingMessage With(OutgoingMessage message, Activity? activity) =>
        With(message.Headers, activity) is var headers && ReferenceEquals(headers, message.Headers) ? message : message with { Headers = headers };

    /// <summary>
    /// The headers with the context of an activity, unless they have a valid one. A state without a valid parent belongs to no trace, so it is
    /// dropped with what stands for the parent, as the specification has it: it would be taken for a part of ours.
    /// </summary>
    public static Headers With(Headers headers, Activity? activity)
    {
        if (activity is not { IdFormat: ActivityIdFormat.W3C, Id: { } id } || Of(headers) != default) return headers;
        var with = headers.Where(static h => !Is(h, Parent) && !Is(h, State)).Append(Header.Of(Parent, id));
        return new Headers(activity.TraceStateString is { Length: > 0 } state ? with.Append(Header.Of(State, state)) : with);
    }

    private static string? StateOf(Headers headers)
    {
        for (var i = 0; i < headers.Count; i++)
            if (Is(headers[i], State) && Text(headers[i], 1, LongestState) is { } state) return state;
        return null;
    }

    private static bool Is(Header header, string name) => string.Equals(header.Name, name, StringComparison.OrdinalIgnoreCase);

    private static string? Text(Header header, int shortest, int longest)
    {
        if (header.Value is not { } value || value.Length < shortest || value.Length > longest) return null;
        return value.Span.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? null : Encoding.ASCII.GetString(value.Span);
    }
}
