using System.Text.Json;

namespace Handlers;

/// <summary>From a message to the handler that takes its type. One per topic with typed handlers; immutable.</summary>
internal sealed class MessageTypes
{
    private readonly TypeSource source;
    private readonly string name;
    private readonly byte[] member;
    private readonly (TypeSwitch Switch, int[] Handlers)[] switches; // from what the switch says to the index among the topic's handlers; -1: not here

    public MessageTypes(IReadOnlyList<MessageTypeMatch> matches)
    {
        source = matches[0].Source;
        name = matches[0].Name ?? DefaultName(source);
        member = System.Text.Encoding.UTF8.GetBytes(name);
        switches = [.. matches.Select((match, index) => (match, index)).GroupBy(m => m.match.Switch).Select(set =>
        {
            var handlers = new int[set.Max(m => m.match.Index) + 1];
            Array.Fill(handlers, -1);
            foreach (var (match, index) in set) handlers[match.Index] = index;
            return (set.Key, handlers);
        })];
    }

    /// <summary>The header or member where a source has the type, unless a handler says otherwise.</summary>
    public static string DefaultName(TypeSource source) => source switch
    {
        TypeSource.CloudEvents => CloudEvent.TypeHeader,
        TypeSource.Json => "$type",
        _ => "type",
    };

    /// <summary>Whether the payload may be inside of an envelope.</summary>
    public bool AreCloudEvents => source == TypeSource.CloudEvents;

    /// <summary>What handlers read for it beside the body.</summary>
    public MessageParts Reads => source == TypeSource.Json ? MessageParts.None : MessageParts.Headers;

    /// <summary>The index of the handler; -1 where none takes the type, or the message says none. Throws where the body is to say it and is no JSON.</summary>
    public int IndexOf(ref readonly Message message)
    {
        if (source == TypeSource.Json) return InBody(message.Body, member);
        if (message.Headers?.TryGet(name, out var value) == true && value is { } type) return IndexOf(type.Span);
        return source == TypeSource.CloudEvents ? InBody(message.Body, "type"u8) : -1;
    }

    private int IndexOf(ReadOnlySpan<byte> type)
    {
        foreach (var (select, handlers) in switches)
        {
            var index = select(type);
            if (index >= 0 && index < handlers.Length && handlers[index] >= 0) return handlers[index];
        }

        return -1;
    }

    /// <summary>A member of the outermost object.</summary>
    private int InBody(Bytes body, ReadOnlySpan<byte> property)
    {
        if (body.IsNull) return -1;
        var json = new Utf8JsonReader(body.Span);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return -1;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var found = json.ValueTextEquals(property);
            json.Read();
            if (found) return json.TokenType == JsonTokenType.String ? OfValue(ref json) : -1;
            json.Skip();
        }

        return -1;
    }

    private int OfValue(ref Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped) return IndexOf(json.ValueSpan);
        var text = new byte[json.ValueSpan.Length]; // unescaped it is never longer
        return IndexOf(text.AsSpan(0, json.CopyString(text)));
    }
}
