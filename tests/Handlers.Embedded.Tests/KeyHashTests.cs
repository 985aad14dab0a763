using System.Text;

namespace Handlers.Embedded.Tests;

public sealed class KeyHashTests
{
    // Values that Kafka's own tests hold for its murmur2.
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void The_hash_of_a_key_never_changes(string key, int hash) =>
        Assert.Equal(hash, (int)KeyHash.Murmur2(Encoding.UTF8.GetBytes(key)));

    [Fact]
    public void A_partition_is_in_its_bounds_and_keys_spread()
    {
        var counts = new int[7];
        for (var i = 0; i < 7_000; i++) counts[KeyHash.Partition(Encoding.UTF8.GetBytes($"key-{i}"), 7)]++;
        Assert.All(counts, count => Assert.InRange(count, 800, 1_200));
        Assert.Equal(0, KeyHash.Partition([], 1));
    }
}
