using Amazon.Kinesis.Model;
using FsCheck;
using FsCheck.Fluent;
using Record = Amazon.Kinesis.Model.Record;

namespace Handlers.Kinesis.Tests;

/// <summary>Whatever happens on the way, a reader hands out what is in the shard, all of it, in order, once; and who goes on from a position gets the rest.</summary>
public sealed class ShardReaderPropertyTests : KinesisUnitTest
{
    private const string ShardId = "shardId-000000000000";

    [Fact]
    public void Everything_comes_once_and_in_order() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        // The service answers at once and the clock is a test's own, so that nothing of it waits.
        var read = RunAsync(new Random(seed), out var expected);
        Assert.True(read.IsCompleted);
        return read.GetAwaiter().GetResult().SequenceEqual(expected);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private Task<List<Position>> RunAsync(Random random, out List<Position> expected)
    {
        var clock = new AutoClock();
        var service = new FakeKinesis(clock);
        var shard = service.Add("s").Shards[0];
        expected = Fill(shard, random);
        shard.IsClosed = true;
        if (random.Next(2) == 0) shard.Children.Add("child");
        service.Streams["s"].Shards.Add(new FakeShard("child", [ShardId]));
        return ReadAsync(random, service, new KinesisCalls(service, new KinesisRetry(Tries: -1), clock, Log));
    }

    private static List<Position> Fill(FakeShard shard, Random random)
    {
        List<Position> positions = [];
        for (var i = random.Next(40); i >= 0; i--)
        {
            if (random.Next(3) > 0)
            {
                positions.Add(new Position(shard.Add("x"), 0));
                continue;
            }

            var writer = new AggregateWriter();
            for (var n = random.Next(1, 6); n > 0; n--) writer.Add("k", null, new byte[random.Next(20)], Headers.Empty);
            var sequence = shard.Add("k", writer.ToArray());
            positions.AddRange(Enumerable.Range(0, writer.Count).Select(n => new Position(sequence, n)));
        }

        return positions;
    }

    private async Task<List<Position>> ReadAsync(Random random, FakeKinesis service, KinesisCalls calls)
    {
        var streams = new KinesisStreams(calls);
        service.Answer = answer => Spoil(random, answer);
        List<Position> read = [];
        var reader = New(LeaseCheckpoint.Horizon);
        while (true)
        {
            var batch = new MessageBatch(random.Next(1, 8), random.Next(1, 100));
            if (random.Next(4) > 0 && reader.TryTake(batch)) read.AddRange(batch.Messages.ToArray().Select(static m => m.Position));
            switch (random.Next(12))
            {
                case 0: service.ExpireIterators(); break;
                case 1: service.Fail("GetRecords", new ProvisionedThroughputExceededException("slow")); break;
                case 2: service.Fail("GetRecords", new HttpRequestException("reset")); break;
                case 3: service.Fail("ListShards", new InternalFailureException("odd")); break;
                case 4: service.Fail("GetShardIterator", new HttpRequestException("reset")); break;
                // Another process goes on from what is handled; that all of it is, is no matter here.
                case 5: reader = New(read.Count == 0 ? LeaseCheckpoint.Horizon : LeaseCheckpoint.After(read[^1])); break;
            }

            using var stop = new CancellationTokenSource();
            if (random.Next(5) == 0) await stop.CancelAsync();
            try
            {
                if (await reader.FetchAsync(random.Next(1, 12), stop.Token) == ShardRead.End) return read;
            }
            catch (OperationCanceledException)
            {
            }
        }

        ShardReader New(LeaseCheckpoint from) => new(calls, streams, new ShardToRead("s", ShardId, from, MessageParts.None), Options);
    }

    /// <summary>Answers that are odd, and may be: empty before the end, records again, an end that is none.</summary>
    private static void Spoil(Random random, GetRecordsResponse answer)
    {
        switch (random.Next(10))
        {
            case 0 when answer.NextShardIterator is not null:
                answer.NextShardIterator = $"s|{ShardId}|{Math.Max(0, Index(answer) - (answer.Records?.Count ?? 0))}|{int.MaxValue}";
                answer.Records = null;
                break;
            case 1 when answer.Records is { Count: > 0 } records:
                answer.Records = [.. records, .. records.Skip(random.Next(records.Count)).Select(Copy)];
                break;
        }
    }

    private static Record Copy(Record r) => new() { SequenceNumber = r.SequenceNumber, PartitionKey = r.PartitionKey, Data = r.Data };

    private static int Index(GetRecordsResponse answer) => int.Parse(answer.NextShardIterator.Split('|')[2], null);
}
