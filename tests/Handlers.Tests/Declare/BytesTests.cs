using System.Runtime.InteropServices;

namespace Handlers.Tests;

public sealed class BytesTests
{
    [Fact]
    public void Null_is_not_empty()
    {
        Assert.True(default(Bytes).IsNull);
        Assert.True(Bytes.Of((byte[]?)null).IsNull);
        Assert.True(Bytes.Of((ReadOnlyMemory<byte>?)null).IsNull);
        Assert.False(Bytes.Of([]).IsNull);
        Assert.Null(default(Bytes).ToNullableMemory());
        Assert.Equal(0, Bytes.Of([]).ToNullableMemory()!.Value.Length);
    }

    [Fact]
    public void Managed_bytes_are_not_copied()
    {
        var array = new byte[] { 1, 2, 3, 4 };
        var bytes = Bytes.Of(array.AsMemory(1, 2));
        array[1] = 9;
        Assert.Equal([9, 3], bytes.ToMemory().ToArray());
    }

    [Fact]
    public unsafe void Native_bytes_are_copied_when_they_are_kept()
    {
        var native = (byte*)NativeMemory.Alloc(2);
        (native[0], native[1]) = (7, 8);
        var bytes = Bytes.OfNative(native, 2);
        var kept = bytes.ToMemory();
        Assert.Equal(7, bytes.Span[0]);
        native[0] = 0;
        NativeMemory.Free(native);
        Assert.Equal([7, 8], kept.ToArray());
    }

    [Fact]
    public void A_slice_is_the_same_bytes_from_an_index_on()
    {
        var bytes = Bytes.Of(new byte[] { 1, 2, 3, 4 }.AsMemory(1));
        Assert.Equal([3, 4], bytes.Slice(1).ToMemory().ToArray());
        Assert.False(bytes.Slice(3).IsNull);
        Assert.True(default(Bytes).Slice(0).IsNull);
        Assert.Throws<ArgumentOutOfRangeException>(() => Bytes.Of([1]).Slice(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bytes.Of([1]).Slice(-1));
    }

    [Fact]
    public void It_shows_its_length_never_its_content() => Assert.Equal("3 bytes", Bytes.Of("abc"u8.ToArray()).ToString());
}
