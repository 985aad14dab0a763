using System.Runtime.InteropServices;

namespace Handlers.Tests;

public sealed class BodyBufferTests
{
    [Fact]
    public unsafe void Native_bodies_are_copied_to_one_place_without_garbage()
    {
        var native = (byte*)NativeMemory.Alloc(2);
        try
        {
            var buffer = new BodyBuffer();
            (native[0], native[1]) = (7, 8);
            var first = Payload.Memory(buffer.Of(Bytes.OfNative(native, 2)));
            Assert.Equal([7, 8], first.ToArray());
            native[0] = 0;
            Assert.Equal([7, 8], first.ToArray()); // not the batch's bytes any more

            var before = GC.GetAllocatedBytesForCurrentThread();
            var second = Payload.Memory(buffer.Of(Bytes.OfNative(native, 1)));
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal([0], second.ToArray());
            Assert.Equal([0, 8], first.ToArray()); // valid for one message
        }
        finally
        {
            NativeMemory.Free(native);
        }
    }

    [Fact]
    public unsafe void It_grows_and_leaves_alone_what_is_too_large_or_managed()
    {
        const int Large = 3 << 20;
        var native = (byte*)NativeMemory.AllocZeroed(Large);
        try
        {
            var buffer = new BodyBuffer();
            Assert.Equal(5000, Payload.Memory(buffer.Of(Bytes.OfNative(native, 5000))).Length);
            var (one, other) = (Payload.Memory(buffer.Of(Bytes.OfNative(native, Large))), Payload.Memory(buffer.Of(Bytes.OfNative(native, Large))));
            Assert.True(MemoryMarshal.TryGetArray(one, out var first) && MemoryMarshal.TryGetArray(other, out var second) && first.Array != second.Array);
            var array = new byte[] { 1, 2 };
            Assert.True(MemoryMarshal.TryGetArray(Payload.Memory(buffer.Of(Bytes.Of(array))), out var same) && same.Array == array);
            Assert.Equal(0, buffer.Of(Bytes.OfNative(native, 0)).Length);
            Assert.True(buffer.Of(Bytes.Null).IsNull);
        }
        finally
        {
            NativeMemory.Free(native);
        }
    }
}
