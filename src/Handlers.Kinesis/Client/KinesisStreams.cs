using Amazon.Kinesis;
using Amazon.Kinesis.Model;

namespace Handlers.Kinesis;

/// <summary>What streams there are, and of which shards each is made. Any thread.</summary>
internal sealed class KinesisStreams(KinesisCalls calls)
{
    private const int MostPages = 20;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Completes when the stream can be read. Makes it with so many shards where it is missing and <paramref name="create"/> says so; waits where it is
    /// being made.
    /// </summary>
    public async ValueTask EnsureAsync(string stream, int? create, CancellationToken stop)
    {
        StreamStatus status;
        try
        {
            status = await StatusAsync(stream, stop);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Missing) && create is not null)
        {
            await CreateAsync(stream, create.Value, stop);
            status = StreamStatus.CREATING;
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Missing))
        {
            throw await MissingAsync(stream, e, stop);
        }

        await WaitAsync(stream, status, stop);
    }

    /// <summary>Every shard of the stream, with those that are closed and not yet removed by retention.</summary>
    public ValueTask<IReadOnlyList<Shard>> ShardsAsync(string stream, CancellationToken stop) => ShardsAsync(stream, false, stop);

    /// <summary>The same, for a reader, who waits for as long as the service is away.</summary>
    public async ValueTask<IReadOnlyList<Shard>> ShardsAsync(string stream, bool isPatient, CancellationToken stop)
    {
        var shards = new List<Shard>();
        string? next = null;
        do
        {
            try
            {
                var page = await calls.ListShardsAsync(stream, next, isPatient, stop);
                foreach (var shard in page.Shards ?? []) shards.Add(Of(shard));
                next = string.IsNullOrEmpty(page.NextToken) ? null : page.NextToken;
            }
            catch (TransportException e) when (next is not null && e.Is(KinesisErrorKind.ExpiredToken))
            {
                // The listing stood still for five minutes: from its beginning.
                shards.Clear();
                next = null;
                continue;
            }

            if (next is null) return shards;
        }
        while (true);
    }

    /// <summary>The streams that there are, from so many pages at most.</summary>
    public async ValueTask<IReadOnlyList<string>> NamesAsync(int mostPages, CancellationToken stop)
    {
        var names = new List<string>();
        for (var i = 0; i < mostPages; i++)
        {
            var page = await calls.ListStreamsAsync(names.Count > 0 ? names[^1] : null, stop);
            names.AddRange(page.StreamNames ?? []);
            if (page.HasMoreStreams is not true || names.Count == 0) break;
        }

        return names;
    }

    /// <summary>The error for a stream that is not there, with the name that was probably meant.</summary>
    public async ValueTask<TransportException> MissingAsync(string stream, TransportException e, CancellationToken stop)
    {
        try
        {
            var names = await NamesAsync(MostPages, stop);
            return new TransportException(e.Message + Closest.Hint(stream, names), e.InnerException) { Kind = TransportErrorKind.Topic };
        }
        catch (TransportException)
        {
            return e; // what streams there are is not for these credentials to know
        }
    }

    /// <summary>A shard as an answer describes it that ends its parents.</summary>
    public static Shard Of(ChildShard shard) => new(shard.ShardId, shard.ParentShards ?? [], KeysOf(shard.HashKeyRange), IsClosed: false);

    private static Shard Of(Amazon.Kinesis.Model.Shard shard)
    {
        List<string> parents = [];
        if (!string.IsNullOrEmpty(shard.ParentShardId)) parents.Add(shard.ParentShardId);
        if (!string.IsNullOrEmpty(shard.AdjacentParentShardId)) parents.Add(shard.AdjacentParentShardId);
        return new Shard(shard.ShardId, parents, KeysOf(shard.HashKeyRange), !string.IsNullOrEmpty(shard.SequenceNumberRange?.EndingSequenceNumber));
    }

    private static (string Starting, string Ending) KeysOf(HashKeyRange? range) => (range?.StartingHashKey ?? "0", range?.EndingHashKey ?? "0");

    private async ValueTask CreateAsync(string stream, int shards, CancellationToken stop)
    {
        try
        {
            await calls.CreateAsync(stream, shards, stop);
            KinesisLogs.StreamMade(calls.Log, stream, shards);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.InUse))
        {
            // Another process was quicker, or an answer was lost.
        }
    }

    private async ValueTask<StreamStatus> StatusAsync(string stream, CancellationToken stop) =>
        (await calls.DescribeAsync(stream, stop)).StreamDescriptionSummary?.StreamStatus ?? StreamStatus.ACTIVE;

    private async ValueTask WaitAsync(string stream, StreamStatus status, CancellationToken stop)
    {
        var began = calls.Time.GetTimestamp();
        var isTold = false;
        while (status != StreamStatus.ACTIVE && status != StreamStatus.UPDATING)
        {
            if (status == StreamStatus.DELETING) throw new TransportException($"Stream '{stream}' is being deleted. Wait until it is gone, and make it anew.") { Kind = TransportErrorKind.Topic };
            if (calls.Time.GetElapsedTime(began) >= LongestWait)
                throw new TransportException($"Stream '{stream}' is not available: it is {status.Value} for {LongestWait.TotalSeconds:0} s. Start again when it is ACTIVE.") { IsTransient = true, Kind = TransportErrorKind.Topic };
            if (!isTold) KinesisLogs.StreamAwaited(calls.Log, stream, status.Value);
            isTold = true;
            await Task.Delay(BetweenLooks, calls.Time, stop);
            status = await SeenAsync(stream, status, stop);
        }
    }

    // A stream that has just been made may not be known everywhere at once.
    private async ValueTask<StreamStatus> SeenAsync(string stream, StreamStatus before, CancellationToken stop)
    {
        try
        {
            return await StatusAsync(stream, stop);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Missing) && before == StreamStatus.CREATING)
        {
            return before;
        }
    }
}
