using System.Collections;
using System.Text;

namespace Handlers;

/// <summary>One header: names repeat, values may be null or binary.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The bytes, or null.</param>
public readonly record struct Header(string Name, ReadOnlyMemory<byte>? Value)
{
    /// <summary>A header with a UTF-8 value.</summary>
    public static Header Of(string name, string? value) => new(name, OutgoingMessage.Utf8(value));
}

/// <summary>The headers of a message, in their order. Immutable.</summary>
public sealed class Headers : IReadOnlyList<Header>
{
    private readonly Header[] headers;

    /// <summary>The headers, copied.</summary>
    public Headers(params IEnumerable<Header> headers) => this.headers = [.. headers];

    /// <summary>No headers.</summary>
    public static Headers Empty { get; } = new();

    /// <inheritdoc />
    public int Count => headers.Length;

    /// <inheritdoc />
    public Header this[int index] => headers[index];

    /// <summary>The last header of this name, which is the one that counts where a name repeats.</summary>
    public bool TryGet(string name, out ReadOnlyMemory<byte>? value)
    {
        for (var i = headers.Length - 1; i >= 0; i--)
        {
            if (!string.Equals(headers[i].Name, name, StringComparison.Ordinal)) continue;
            value = headers[i].Value;
            return true;
        }

        value = null;
        return false;
    }

    /// <summary>The last header of this name as UTF-8 text (bytes that are not UTF-8 become U+FFFD); null where missing or null.</summary>
    public string? Text(string name) =>
        TryGet(name, out var value) && value is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null;

    /// <inheritdoc />
    public IEnumerator<Header> GetEnumerator() => ((IEnumerable<Header>)headers).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
