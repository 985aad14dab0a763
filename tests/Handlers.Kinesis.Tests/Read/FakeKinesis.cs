using System.Globalization;
using System.Text;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using Record = Amazon.Kinesis.Model.Record;

namespace Handlers.Kinesis.Tests;

/// <summary>The service in memory, as far as reading, listing and publishing ask it. Errors wait in a queue for each operation.</summary>
internal sealed class FakeKinesis(TimeProvider time) : AmazonKinesisClient(new AnonymousAWSCredentials(), new AmazonKinesisConfig { ServiceURL = "http://127.0.0.1:9" })
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Queue<Exception>> failures = [];
    private readonly List<(string Operation, object Request)> calls = [];
    private int iterators;
    private int oldestIterator;

    public Dictionary<string, FakeStream> Streams { get; } = new(StringComparer.Ordinal);

    /// <summary>How many shards or streams a page of a list has.</summary>
    public int Page { get; set; } = 1000;

    /// <summary>What becomes of a record that is put: an error code, or null.</summary>
    public Func<PutRecordsRequestEntry, string?> Put { get; set; } = static _ => null;

    /// <summary>Held calls of PutRecords wait for it.</summary>
    public Func<Task> BeforePut { get; set; } = static () => Task.CompletedTask;

    /// <summary>What comes instead of the answer to a PutRecords that was done; null: the answer.</summary>
    public Func<Exception?> AfterPut { get; set; } = static () => null;

    /// <summary>Changes an answer of GetRecords.</summary>
    public Action<GetRecordsResponse>? Answer { get; set; }

    /// <summary>Changes an answer of ListShards.</summary>
    public Action<ListShardsResponse>? Listed { get; set; }

    public FakeShard Shard => Streams["s"].Shards[0];

    public int Calls(string operation)
    {
        lock (gate) return calls.Count(c => c.Operation == operation);
    }

    public List<T> Requests<T>()
    {
        lock (gate) return [.. calls.Select(c => c.Request).OfType<T>()];
    }

    public FakeStream Add(string name, int shards = 1)
    {
        var stream = new FakeStream();
        for (var i = 0; i < shards; i++) stream.Shards.Add(new FakeShard($"shardId-{i:D12}", []));
        lock (gate) return Streams[name] = stream;
    }

    public void Fail(string operation, Exception error, int times = 1)
    {
        lock (gate)
        {
            if (!failures.TryGetValue(operation, out var queue)) failures[operation] = queue = new Queue<Exception>();
            for (var i = 0; i < times; i++) queue.Enqueue(error);
        }
    }

    /// <summary>Another program publishes to a stream of which somebody reads.</summary>
    public void Append(string stream, int shard, string text)
    {
        lock (gate) Streams[stream].Shards[shard].Add(text, time.GetUtcNow());
    }

    public void ExpireIterators() => oldestIterator = iterators;

    public override Task<DescribeStreamSummaryResponse> DescribeStreamSummaryAsync(DescribeStreamSummaryRequest request, CancellationToken cancellationToken = default) => Do("DescribeStreamSummary", request, () =>
    {
        var stream = Stream(request.StreamName);
        return new DescribeStreamSummaryResponse { StreamDescriptionSummary = new StreamDescriptionSummary { StreamName = request.StreamName, StreamStatus = stream.Statuses.TryDequeue(out var status) ? status : StreamStatus.ACTIVE } };
    }, cancellationToken);

    public override Task<CreateStreamResponse> CreateStreamAsync(CreateStreamRequest request, CancellationToken cancellationToken = default) => Do("CreateStream", request, () =>
    {
        if (Streams.ContainsKey(request.StreamName)) throw new ResourceInUseException("exists");
        Add(request.StreamName, request.ShardCount!.Value).Statuses.Enqueue(StreamStatus.CREATING);
        return new CreateStreamResponse();
    }, cancellationToken);

    public override Task<ListStreamsResponse> ListStreamsAsync(ListStreamsRequest request, CancellationToken cancellationToken = default) => Do("ListStreams", request, () =>
    {
        var names = Streams.Keys.Order(StringComparer.Ordinal).Where(n => request.ExclusiveStartStreamName is null || string.CompareOrdinal(n, request.ExclusiveStartStreamName) > 0).ToList();
        return new ListStreamsResponse { StreamNames = [.. names.Take(Page)], HasMoreStreams = names.Count > Page };
    }, cancellationToken);

    public override Task<ListShardsResponse> ListShardsAsync(ListShardsRequest request, CancellationToken cancellationToken = default) => Do("ListShards", request, () =>
    {
        if ((request.NextToken is null) == (request.StreamName is null)) throw new InvalidArgumentException("either a name or a token");
        var (name, from) = request.NextToken?.Split('|') is [var n, var f] ? (n, int.Parse(f, CultureInfo.InvariantCulture)) : (request.StreamName!, 0);
        var shards = Stream(name).Shards;
        var answer = new ListShardsResponse
        {
            Shards = shards.Count == 0 ? null : [.. shards.Skip(from).Take(Page).Select(static s => new Amazon.Kinesis.Model.Shard
            {
                ShardId = s.Id,
                ParentShardId = s.Parents.ElementAtOrDefault(0),
                AdjacentParentShardId = s.Parents.ElementAtOrDefault(1),
                HashKeyRange = new HashKeyRange { StartingHashKey = "0", EndingHashKey = "9" },
                SequenceNumberRange = new SequenceNumberRange { StartingSequenceNumber = "1", EndingSequenceNumber = s.IsClosed ? "2" : null },
            })],
            NextToken = from + Page < shards.Count ? $"{name}|{from + Page}" : null,
        };
        Listed?.Invoke(answer);
        return answer;
    }, cancellationToken);

    public override Task<GetShardIteratorResponse> GetShardIteratorAsync(GetShardIteratorRequest request, CancellationToken cancellationToken = default) => Do("GetShardIterator", request, () =>
    {
        var shard = Stream(request.StreamName).Shards.Find(s => s.Id == request.ShardId) ?? throw new ResourceNotFoundException("no such shard");
        int Index(Predicate<Record> from) => shard.Records.FindIndex(from) is var i and >= 0 ? i : shard.Records.Count;
        var at = request.ShardIteratorType.Value switch
        {
            "TRIM_HORIZON" => 0,
            "LATEST" => shard.Records.Count,
            "AT_TIMESTAMP" => request.Timestamp > time.GetUtcNow().UtcDateTime ? throw new InvalidArgumentException("in the future") : Index(r => r.ApproximateArrivalTimestamp >= request.Timestamp),
            "AT_SEQUENCE_NUMBER" => Index(r => Number(r.SequenceNumber) >= Number(request.StartingSequenceNumber)),
            _ => throw new InvalidArgumentException("no such type"),
        };
        return new GetShardIteratorResponse { ShardIterator = Iterator(request.StreamName, shard, shard.Removed + at) };
    }, cancellationToken);

    public override Task<GetRecordsResponse> GetRecordsAsync(GetRecordsRequest request, CancellationToken cancellationToken = default) => Do("GetRecords", request, () =>
    {
        var parts = request.ShardIterator.Split('|');
        var shard = Stream(parts[0]).Shards.Find(s => s.Id == parts[1]) ?? throw new ResourceNotFoundException("no such shard");
        if (int.Parse(parts[3], CultureInfo.InvariantCulture) <= oldestIterator) throw new ExpiredIteratorException("too old");
        var at = Math.Max(0, int.Parse(parts[2], CultureInfo.InvariantCulture) - shard.Removed);
        var records = shard.Records.Skip(at).Take(request.Limit ?? 10_000).ToList();
        var next = at + records.Count;
        var isEnd = shard.IsClosed && next == shard.Records.Count;
        var answer = new GetRecordsResponse
        {
            Records = records.Count == 0 ? null : records,
            MillisBehindLatest = (shard.Records.Count - next) * 1000L,
            NextShardIterator = isEnd ? null : Iterator(parts[0], shard, shard.Removed + next),
            ChildShards = isEnd && shard.Children.Count > 0 ? [.. shard.Children.Select(c => new ChildShard { ShardId = c, ParentShards = [shard.Id], HashKeyRange = new HashKeyRange { StartingHashKey = "0", EndingHashKey = "4" } })] : null,
        };
        Answer?.Invoke(answer);
        return answer;
    }, cancellationToken);

    public override async Task<PutRecordsResponse> PutRecordsAsync(PutRecordsRequest request, CancellationToken cancellationToken = default)
    {
        await BeforePut();
        var answer = await Do("PutRecords", request, () =>
        {
            var shard = Stream(request.StreamName).Shards[0];
            var results = request.Records.ConvertAll(r => Put(r) is { } code
                ? new PutRecordsResultEntry { ErrorCode = code, ErrorMessage = "refused" }
                : new PutRecordsResultEntry { SequenceNumber = shard.Add(r.PartitionKey, r.Data.ToArray(), time.GetUtcNow()), ShardId = shard.Id });
            return new PutRecordsResponse { Records = results, FailedRecordCount = results.Count(static r => r.ErrorCode is not null) };
        }, cancellationToken);
        return AfterPut() is { } error ? throw error : answer;
    }

    private string Iterator(string stream, FakeShard shard, int at) => $"{stream}|{shard.Id}|{at}|{++iterators}";

    private FakeStream Stream(string name) => Streams.TryGetValue(name, out var stream) ? stream : throw new ResourceNotFoundException($"Stream {name} under account 000000000000 not found.");

    private static Int128 Number(string sequence) => Int128.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new InvalidArgumentException("not a number of this shard");

    private Task<T> Do<T>(string operation, object request, Func<T> act, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        lock (gate)
        {
            calls.Add((operation, request));
            try
            {
                return failures.TryGetValue(operation, out var queue) && queue.TryDequeue(out var error) ? Task.FromException<T>(error) : Task.FromResult(act());
            }
            catch (AmazonServiceException e)
            {
                return Task.FromException<T>(e);
            }
        }
    }
}

internal sealed class FakeStream
{
    /// <summary>What it is said to be, one after the other; then active.</summary>
    public Queue<StreamStatus> Statuses { get; } = new();

    public List<FakeShard> Shards { get; } = [];
}

internal sealed class FakeShard(string id, IReadOnlyList<string> parents)
{
    // The first have one digit, later ones two: as texts they would be out of order.
    private int last = 7;

    public string Id => id;

    public IReadOnlyList<string> Parents => parents;

    public bool IsClosed { get; set; }

    /// <summary>Told of with its last records.</summary>
    public List<string> Children { get; } = [];

    public List<Record> Records { get; } = [];

    /// <summary>How many of the first are gone.</summary>
    public int Removed { get; private set; }

    public string Add(string key, byte[] data, DateTimeOffset? at = null)
    {
        var sequence = (++last).ToString(CultureInfo.InvariantCulture);
        Records.Add(new Record { SequenceNumber = sequence, PartitionKey = key, Data = new MemoryStream(data), ApproximateArrivalTimestamp = at?.UtcDateTime });
        return sequence;
    }

    public string Add(string text, DateTimeOffset? at = null) => Add("k", Encoding.UTF8.GetBytes(text), at);

    public void Remove(int count)
    {
        Records.RemoveRange(0, count);
        Removed += count;
    }
}
