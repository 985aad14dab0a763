using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;

namespace Handlers.Kinesis.Tests;

/// <summary>The store on dynalite's wire.</summary>
public sealed class DynamoLeaseStoreTests(DynaliteLeases leases) : IClassFixture<DynaliteLeases>
{
    private static readonly DateTimeOffset Then = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    [Fact]
    public async Task The_table_is_made_as_the_library_makes_it_and_by_whoever_comes_first()
    {
        using var client = leases.Client();
        var table = leases.Table();
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Store(client, table).PrepareAsync(default).AsTask()));
        var made = (await client.DescribeTableAsync(new DescribeTableRequest { TableName = table })).Table;
        Assert.Equal(("leaseKey", KeyType.HASH), (Assert.Single(made.KeySchema).AttributeName, made.KeySchema[0].KeyType));
        Assert.Equal(("leaseKey", ScalarAttributeType.S), (Assert.Single(made.AttributeDefinitions).AttributeName, made.AttributeDefinitions[0].AttributeType));
        Assert.Equal(BillingMode.PAY_PER_REQUEST, made.BillingModeSummary.BillingMode);
        Assert.Equal(TableStatus.ACTIVE, made.TableStatus);
    }

    [Fact]
    public async Task What_is_written_is_read_as_it_was()
    {
        await using var store = await PreparedAsync();
        Assert.Empty(await store.ListAsync(default));
        Assert.Null(await store.ReadAsync("s", default));
        Lease? row = null;
        foreach (var next in new Lease[]
        {
            new() { Shard = "s", Checkpoint = LeaseCheckpoint.Latest(Then), Parents = ["p", "q"], Keys = ("0", "99") },
            new() { Shard = "s", Checkpoint = LeaseCheckpoint.At(Then), Parents = ["p", "q"], Keys = ("0", "99"), Owner = "a", Counter = 1 },
            new() { Shard = "s", Checkpoint = ModelShard.At(4), Parents = ["p", "q"], Keys = ("0", "99"), Owner = "b", HandedOverBy = "a", Counter = 1, OwnerSwitches = 1 },
            new() { Shard = "s", Checkpoint = LeaseCheckpoint.End, Parents = ["p", "q"], Children = ["c"], Keys = ("0", "99"), Counter = 2 },
        })
        {
            Assert.True(await store.TryWriteAsync(row, next, default));
            row = await store.ReadAsync("s", default);
            Assert.Equivalent(next, row, strict: true);
            Assert.Equivalent(next, Assert.Single(await store.ListAsync(default)), strict: true);
        }

        Assert.True(await store.TryWriteAsync(row, null, default));
        Assert.Null(await store.ReadAsync("s", default));
    }

    [Fact]
    public async Task Nothing_is_written_where_owner_counter_or_hand_over_are_not_as_they_were_seen()
    {
        await using var store = await PreparedAsync();
        var row = new Lease { Shard = "s", Checkpoint = LeaseCheckpoint.Horizon, Owner = "b", HandedOverBy = "a", Counter = 3 };
        Assert.True(await store.TryWriteAsync(null, row, default));
        Assert.False(await store.TryWriteAsync(null, row, default));
        foreach (var seen in new[] { row with { Owner = "c" }, row with { Owner = null }, row with { Counter = 2 }, row with { HandedOverBy = null }, row with { HandedOverBy = "b" } })
        {
            Assert.False(await store.TryWriteAsync(seen, seen with { Checkpoint = ModelShard.At(1), Counter = 9 }, default));
            Assert.False(await store.TryWriteAsync(seen, null, default));
        }

        // Neither is a row that is gone made again.
        Assert.True(await store.TryWriteAsync(row, null, default));
        Assert.False(await store.TryWriteAsync(row, row with { Counter = 4 }, default));
        Assert.False(await store.TryWriteAsync(row with { Owner = null, HandedOverBy = null }, row with { Counter = 4 }, default));
        Assert.Empty(await store.ListAsync(default));
    }

    [Fact]
    public async Task Of_many_that_take_a_lease_at_once_one_gets_it()
    {
        await using var store = await PreparedAsync();
        var row = new Lease { Shard = "s", Checkpoint = LeaseCheckpoint.Horizon };
        await store.TryWriteAsync(null, row, default);
        var taken = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => store.TryWriteAsync(row, row with { Owner = $"w{i}", Counter = 1 }, default).AsTask()));
        Assert.Single(taken, static t => t);
    }

    [Fact]
    public async Task A_list_of_many_pages_is_whole()
    {
        using var client = leases.Client();
        var table = leases.Table();
        await using var store = Store(client, table);
        await store.PrepareAsync(default);
        for (var i = 0; i < 30; i++)
        {
            var item = KclWorker.Item($"shardId-{i:000000000000}", "TRIM_HORIZON");
            item["pad"] = new() { S = new string('x', 100_000) }; // a page is 1 MB
            await client.PutItemAsync(new PutItemRequest { TableName = table, Item = item });
        }

        Assert.True((await client.ScanAsync(new ScanRequest { TableName = table })).Items.Count < 30);
        Assert.Equal(30, (await store.ListAsync(default)).Select(static l => l.Shard).Distinct().Count());
    }

    [Fact]
    public async Task A_leader_of_version_3_is_noticed()
    {
        using var client = leases.Client();
        var table = leases.Table();
        await using var store = Store(client, table);
        await store.PrepareAsync(default);
        Assert.Null(store.Leader);
        await client.PutItemAsync(new PutItemRequest { TableName = table, Item = new() { ["leaseKey"] = new() { S = "Migration3.0" }, ["entityType"] = new() { S = "CLIENT_VERSION_MIGRATION" }, ["cv"] = new() { S = "CLIENT_VERSION_3X" } } });
        await store.PrepareAsync(default);
        Assert.Contains(table, store.Leader, StringComparison.Ordinal);
        Assert.Empty(await store.ListAsync(default));
    }

    [Fact]
    public async Task A_refused_condition_is_an_answer_and_a_throttled_call_an_error_that_passes()
    {
        var row = new Lease { Shard = "s", Checkpoint = LeaseCheckpoint.Horizon };
        await using var refused = Store(new Failing(static () => new ConditionalCheckFailedException("no")), "t");
        Assert.False(await refused.TryWriteAsync(row, row with { Counter = 1 }, default));
        foreach (var error in new Exception[]
        {
            new ProvisionedThroughputExceededException("slow"),
            new AmazonDynamoDBException("slow", ErrorType.Sender, "ThrottlingException", "1", System.Net.HttpStatusCode.BadRequest),
            new AmazonDynamoDBException("oops", ErrorType.Receiver, "ServiceUnavailable", "1", System.Net.HttpStatusCode.ServiceUnavailable),
            new HttpRequestException("refused"),
            new OperationCanceledException("timed out"),
        })
        {
            await using var store = Store(new Failing(() => error), "t");
            Assert.True((await Assert.ThrowsAsync<TransportException>(async () => await store.TryWriteAsync(row, row with { Counter = 1 }, default))).IsTransient, error.ToString());
        }

        await using var denied = Store(new Failing(static () => new AmazonDynamoDBException("no", ErrorType.Sender, "AccessDeniedException", "1", System.Net.HttpStatusCode.BadRequest)), "t");
        var told = await Assert.ThrowsAsync<TransportException>(async () => await denied.TryWriteAsync(row, row with { Counter = 1 }, default));
        Assert.False(told.IsTransient);
        Assert.Contains("UpdateItem", told.Message, StringComparison.Ordinal);
    }

    private async Task<DynamoLeaseStore> PreparedAsync()
    {
        var store = Store(leases.Client(), leases.Table());
        await store.PrepareAsync(default);
        return store;
    }

    private static DynamoLeaseStore Store(IAmazonDynamoDB client, string table) => new(client, table, TimeProvider.System);

    private sealed class Failing(Func<Exception> error) : AmazonDynamoDBClient("x", "x", new AmazonDynamoDBConfig { ServiceURL = "http://127.0.0.1:1" })
    {
        public override Task<UpdateItemResponse> UpdateItemAsync(UpdateItemRequest request, CancellationToken cancellationToken = default) => Task.FromException<UpdateItemResponse>(error());
    }
}
