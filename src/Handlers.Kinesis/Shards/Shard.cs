namespace Handlers.Kinesis;

/// <summary>A shard as the stream lists it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Parents">The ids of the shards that it was made of: none, one (split), two (merge). Retention may have removed them from the list.</param>
/// <param name="Keys">Both ends of its range of hash keys, decimal.</param>
/// <param name="IsClosed">It takes no more records: it was split or merged.</param>
internal sealed record Shard(string Id, IReadOnlyList<string> Parents, (string Starting, string Ending) Keys, bool IsClosed);
