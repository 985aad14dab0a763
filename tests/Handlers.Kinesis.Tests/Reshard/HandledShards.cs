namespace Handlers.Kinesis.Tests;

/// <summary>What must hold of what was handled through splits and merges, whatever came again.</summary>
internal static class HandledShards
{
    /// <param name="handled">In the order in which it was handled, by one host after the other.</param>
    /// <param name="keys">How many keys the numbers have in turn.</param>
    public static void AssertKeysInOrder(IEnumerable<int> handled, int keys = 10)
    {
        foreach (var key in handled.Distinct().GroupBy(n => n % keys)) Assert.Equal(key.Order(), key); // Distinct keeps the first of each
    }

    /// <summary>Nothing of a shard is handled before everything of those that it was made of.</summary>
    public static void AssertParentsFirst(IEnumerable<(int Number, string Shard)> handled, IReadOnlyList<Amazon.Kinesis.Model.Shard> shards)
    {
        var first = handled.DistinctBy(static h => h.Number).ToList();
        foreach (var shard in shards)
        {
            foreach (var parent in (string?[])[shard.ParentShardId, shard.AdjacentParentShardId])
            {
                if (string.IsNullOrEmpty(parent)) continue;
                var began = first.FindIndex(h => h.Shard == shard.ShardId);
                var ended = first.FindLastIndex(h => h.Shard == parent);
                Assert.True(began < 0 || ended < began, $"{shard.ShardId} was begun before {parent} was handled to its end.");
            }
        }
    }
}
