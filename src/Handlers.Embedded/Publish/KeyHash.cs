using System.Buffers.Binary;

namespace Handlers.Embedded;

/// <summary>
/// Which partition a key belongs to: murmur2 (Austin Appleby's 32-bit hash, seed 0x9747b28c) without its sign, modulo the
/// count of partitions. It is what Kafka's own producer does, so a topic that moves there keeps its keys together. Never changes.
/// </summary>
internal static class KeyHash
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;

    public static int Partition(ReadOnlySpan<byte> key, int partitions) => (int)((Murmur2(key) & 0x7fffffff) % (uint)partitions);

    public static uint Murmur2(ReadOnlySpan<byte> key)
    {
        var hash = Seed ^ (uint)key.Length;
        while (key.Length >= 4)
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(key) * Multiplier;
            word = (word ^ (word >> 24)) * Multiplier;
            hash = (hash * Multiplier) ^ word;
            key = key[4..];
        }

        if (key.Length > 2) hash ^= (uint)key[2] << 16;
        if (key.Length > 1) hash ^= (uint)key[1] << 8;
        if (key.Length > 0) hash = (hash ^ key[0]) * Multiplier;
        hash = (hash ^ (hash >> 13)) * Multiplier;
        return hash ^ (hash >> 15);
    }
}
