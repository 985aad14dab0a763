using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Handlers.Tool.Tests;

/// <summary>A message as a line of JSON: what was written is read as it was, whatever its bytes are.</summary>
public sealed class MessageLineTests
{
    /// <summary>No value, an empty one, any bytes, and text.</summary>
    private static readonly Gen<byte[]?> Some = Gen.OneOf(
        Gen.Constant((byte[]?)null), Gen.Constant((byte[]?)[]), Gen.ArrayOf(ArbMap.Default.GeneratorFor<byte>()).Select(b => (byte[]?)b), ArbMap.Default.GeneratorFor<string?>().Select(t => t is null ? null : Encoding.UTF8.GetBytes(t)));

    [Fact]
    public void Key_body_headers_and_time_come_back_and_a_line_is_one_line()
    {
        var messages = from key in Some
                       from body in Some
                       from headers in Gen.ArrayOf(from name in ArbMap.Default.GeneratorFor<NonNull<string>>() from value in Some select (Name: Valid(name.Get), Value: value))
                       from time in Gen.Choose(int.MinValue, int.MaxValue)
                       select (key, body, headers, Time: time * 1000L);
        Prop.ForAll(messages.ToArbitrary(), m =>
        {
            var message = new Message { Key = Of(m.key), Body = Of(m.body), TimestampMilliseconds = m.Time, Headers = new Headers(m.headers.Select(h => new Header(h.Name, Memory(h.Value)))) };
            var line = MessageLine.Write("t", "0", in message);
            Assert.DoesNotContain('\n', line);
            Assert.DoesNotContain('\r', line);
            Assert.IsType<JsonObject>(JsonNode.Parse(line));
            var read = MessageLine.Read(Encoding.UTF8.GetBytes(line), "t", 1);
            Assert.Equal((Text(m.key), Text(m.body), m.Time), (Text(read.Key), Text(read.Body), read.Timestamp!.Value.ToUnixTimeMilliseconds()));
            Assert.Equal(m.headers.Select(h => (h.Name, Text(h.Value))), read.Headers.Select(h => (h.Name, Text(h.Value))));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(long.MinValue, "0001-01-01T00:00:00.000Z")]
    [InlineData(-1, "1969-12-31T23:59:59.999Z")]
    [InlineData(1_700_000_000_000_000_000, "9999-12-31T23:59:59.999Z")]
    public void Producers_write_any_number_for_a_time(long time, string text)
    {
        var message = new Message { TimestampMilliseconds = time, Body = Bytes.Of([]) };
        var line = MessageLine.Write("t", "0", in message);
        Assert.Equal(text, JsonNode.Parse(line)!["time"]!.GetValue<string>());
        Assert.NotNull(MessageLine.Read(Encoding.UTF8.GetBytes(line), "t", 1).Timestamp);
    }

    // Headers' names are text; half of a character is none.
    private static string Valid(string name) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name));

    private static ReadOnlyMemory<byte>? Memory(byte[]? bytes) => bytes is null ? default(ReadOnlyMemory<byte>?) : bytes;

    private static Bytes Of(byte[]? bytes) => bytes is null ? Bytes.Null : Bytes.Of(bytes);

    private static string? Text(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? Convert.ToHexString(some.Span) : null;

    private static string? Text(byte[]? bytes) => Text(Memory(bytes));
}
