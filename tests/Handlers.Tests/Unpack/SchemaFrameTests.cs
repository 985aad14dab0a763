namespace Handlers.Tests;

/// <summary>Confluent's wire format, byte by byte: the frames are spelled out.</summary>
public sealed class SchemaFrameTests
{
    [Fact]
    public void A_frame_is_a_zero_and_the_schema_id_in_big_endian()
    {
        Assert.Equal([0, 1, 2, 3, 4, 65, 66], SchemaFrame.Pack(0x01020304, "AB"u8.ToArray()));
        Assert.Equal("AB"u8, SchemaFrame.Unpack(Bytes.Of([0, 1, 2, 3, 4, 65, 66]), out var id).Span);
        Assert.Equal(0x01020304, id);
        Assert.Equal(0, SchemaFrame.Unpack(Bytes.Of([0, 0, 0, 0, 1]), out _).Length);
    }

    [Theory]
    [InlineData(new byte[] { 0 }, new[] { 0 })]
    [InlineData(new byte[] { 2, 2 }, new[] { 1 })]
    [InlineData(new byte[] { 6, 2, 4, 6 }, new[] { 1, 2, 3 })] // the test vector of confluent-kafka-dotnet
    [InlineData(new byte[] { 4, 0, 0 }, new[] { 0, 0 })]
    [InlineData(new byte[] { 2, 0x80, 1 }, new[] { 64 })]
    [InlineData(new byte[] { 2, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F }, new[] { int.MaxValue })]
    public void Message_indexes_are_zigzag_varints_behind_their_count(byte[] encoded, int[] indexes)
    {
        byte[] frame = [0, 0, 0, 0, 1, .. encoded, 65];
        Assert.Equal(frame, SchemaFrame.PackProtobuf(1, indexes, "A"u8.ToArray()));
        Assert.Equal("A"u8, SchemaFrame.UnpackProtobuf(Bytes.Of(frame), out var id, out var read).Span);
        Assert.Equal(1, id);
        Assert.Equal(indexes, read);
    }

    [Fact]
    public void The_first_message_may_be_written_out_too()
    {
        Assert.Equal("A"u8, SchemaFrame.UnpackProtobuf(Bytes.Of([0, 0, 0, 0, 1, 2, 0, 65]), out _, out var indexes).Span);
        Assert.Equal([0], indexes);
    }

    [Theory]
    [InlineData(new byte[0], "The body has 0 bytes, and a schema frame begins with 5")]
    [InlineData(new byte[] { 0, 0, 0, 1 }, "The body has 4 bytes, and a schema frame begins with 5")]
    [InlineData(new byte[] { 123, 34, 97, 34, 58, 49, 125 }, "The body begins with the byte 0x7B, and a schema frame with the magic byte 0x00.")]
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 0 }, "The body begins with the byte 0x01")]
    [InlineData(new byte[] { 0, 0, 0, 0, 7 }, "The message indexes of schema 7 are malformed: the body ends within them.")]
    [InlineData(new byte[] { 0, 0, 0, 0, 7, 4, 0 }, "The message indexes of schema 7 are malformed: their count is 2, and 1 bytes follow.")]
    [InlineData(new byte[] { 0, 0, 0, 0, 7, 4, 0, 0x80 }, "the body ends within them")]
    [InlineData(new byte[] { 0, 0, 0, 0, 7, 0x80 }, "the body ends within them")]
    [InlineData(new byte[] { 0, 0, 0, 0, 7, 1, 0 }, "their count is -1, and 1 bytes follow")]
    [InlineData(new byte[] { 0, 0, 0, 0, 7, 2, 3, 0 }, "one of them is -2")]
    [InlineData(new byte[] { 0, 0, 0, 0, 7, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0 }, "their count is 2147483647, and 1 bytes follow")]
    [InlineData(new byte[] { 0, 0, 0, 0, 7, 0x80, 0x80, 0x80, 0x80, 0x80, 0 }, "a number has more than 32 bits")]
    [InlineData(new byte[] { 0, 0, 0, 0, 7, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0 }, "a number has more than 32 bits")]
    public void A_body_that_is_no_frame_is_invalid_and_the_reason_says_what_was_met(byte[] body, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidMessageException>(() => SchemaFrame.UnpackProtobuf(Bytes.Of(body), out _, out _)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_frame_that_nobody_could_read_is_not_written()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SchemaFrame.Pack(default(Framed<string>).SchemaId, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => SchemaFrame.PackProtobuf(1, [], default));
        Assert.Throws<ArgumentOutOfRangeException>(() => SchemaFrame.PackProtobuf(1, [0, -1], default));
    }

    [Fact]
    public unsafe void What_is_in_the_frame_of_native_bytes_is_not_copied()
    {
        byte[] frame = [0, 0, 0, 0, 1, 65];
        fixed (byte* start = frame)
        {
            var content = SchemaFrame.Unpack(Bytes.OfNative(start, frame.Length), out _);
            frame[5] = 66;
            Assert.Equal("B"u8, content.Span);
        }
    }

    [Fact]
    public void Taking_a_frame_away_allocates_nothing()
    {
        var frame = Bytes.Of([0, 0, 0, 0, 1, 0, 65]);
        Take(); // compiled, and statics made
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) Take();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Take()
        {
            SchemaFrame.Unpack(frame, out _);
            SchemaFrame.UnpackProtobuf(frame, out _, out _);
        }
    }
}
