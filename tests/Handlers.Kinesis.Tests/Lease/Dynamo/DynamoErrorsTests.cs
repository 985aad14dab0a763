using System.Net;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Handlers.Testing;

namespace Handlers.Kinesis.Tests;

public sealed class DynamoErrorsTests
{
    private static readonly Lease Row = new() { Shard = "s", Checkpoint = LeaseCheckpoint.Horizon };

    private readonly FakeClock clock = new();

    [Theory]
    [InlineData("InvalidSignatureException")]
    [InlineData("SignatureDoesNotMatch")]
    [InlineData("IncompleteSignatureException")]
    public async Task The_text_of_a_wrong_signature_is_kept_out(string code)
    {
        var service = new Scripted { Error = Coded(code, "The Canonical String should have been x-amz-security-token:SECRET") };
        await using var store = new DynamoLeaseStore(service, "t", clock);
        foreach (var call in new Func<Task>[] { async () => await store.TryWriteAsync(Row, Row with { Counter = 1 }, default), async () => await store.PrepareAsync(default) })
        {
            var e = await Assert.ThrowsAsync<TransportException>(call);
            Assert.DoesNotContain("SECRET", e.ToString(), StringComparison.Ordinal);
            Assert.Contains(code, e.Message, StringComparison.Ordinal);
            Assert.Contains("check the credentials", e.Message, StringComparison.Ordinal);
            Assert.False(e.IsTransient);
        }
    }

    [Fact]
    public async Task A_token_that_has_expired_passes_for_a_while_where_it_had_worked()
    {
        var service = new Scripted { Error = Coded("ExpiredTokenException", "The security token included in the request is expired") };
        await using var store = new DynamoLeaseStore(service, "t", clock);
        Assert.False((await WriteAsync()).IsTransient); // the start fails at once
        service.Error = null;
        Assert.True(await store.TryWriteAsync(Row, Row with { Counter = 1 }, default));
        service.Error = Coded("ExpiredTokenException", "The security token included in the request is expired");
        clock.Advance(TimeSpan.FromHours(1));
        Assert.True((await WriteAsync()).IsTransient);
        clock.Advance(TimeSpan.FromSeconds(74));
        Assert.True((await WriteAsync()).IsTransient);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False((await WriteAsync()).IsTransient);

        async Task<TransportException> WriteAsync() => await Assert.ThrowsAsync<TransportException>(async () => await store.TryWriteAsync(Row, Row with { Counter = 1 }, default));
    }

    [Fact]
    public async Task A_table_that_is_not_one_of_leases_is_said_to_be_none()
    {
        var service = new Scripted
        {
            Table = new TableDescription
            {
                TableStatus = TableStatus.ACTIVE,
                KeySchema = [new KeySchemaElement("id", KeyType.HASH), new KeySchemaElement("at", KeyType.RANGE)],
                AttributeDefinitions = [new AttributeDefinition("id", ScalarAttributeType.N), new AttributeDefinition("at", ScalarAttributeType.S)],
            },
        };
        await using var store = new DynamoLeaseStore(service, "orders", clock);
        var e = await Assert.ThrowsAsync<TransportException>(async () => await store.PrepareAsync(default));
        Assert.Contains("'orders'", e.Message, StringComparison.Ordinal);
        Assert.Contains("id (N), at (S)", e.Message, StringComparison.Ordinal);
        Assert.Contains("leaseKey (S)", e.Message, StringComparison.Ordinal);
        Assert.Contains("Leases:Table", e.Message, StringComparison.Ordinal);
        Assert.False(e.IsTransient);
        service.Table.KeySchema = [new KeySchemaElement("leaseKey", KeyType.HASH)];
        service.Table.AttributeDefinitions = [new AttributeDefinition("leaseKey", ScalarAttributeType.N)];
        await Assert.ThrowsAsync<TransportException>(async () => await store.PrepareAsync(default));
        service.Table.AttributeDefinitions = [new AttributeDefinition("leaseKey", ScalarAttributeType.S), new AttributeDefinition("leaseOwner", ScalarAttributeType.S)]; // the library's has an index of owners
        await store.PrepareAsync(default);
    }

    [Fact]
    public async Task Too_many_tables_are_no_want_of_capacity()
    {
        await using var store = new DynamoLeaseStore(new Scripted { Missing = true, Creating = new LimitExceededException("too many") }, "t", clock);
        var e = await Assert.ThrowsAsync<TransportException>(async () => await store.PrepareAsync(default));
        Assert.Contains("tables", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("capacity", e.Message, StringComparison.Ordinal);
    }

    private static AmazonDynamoDBException Coded(string code, string message) => new(message, ErrorType.Sender, code, "r", HttpStatusCode.BadRequest);

    private sealed class Scripted() : AmazonDynamoDBClient("x", "x", new AmazonDynamoDBConfig { ServiceURL = "http://127.0.0.1:1" })
    {
        public Exception? Error { get; set; }

        public Exception? Creating { get; set; }

        public bool Missing { get; set; }

        public TableDescription Table { get; set; } = new() { TableStatus = TableStatus.ACTIVE };

        public override Task<UpdateItemResponse> UpdateItemAsync(UpdateItemRequest request, CancellationToken cancellationToken = default) => Answer(new UpdateItemResponse());

        public override Task<GetItemResponse> GetItemAsync(GetItemRequest request, CancellationToken cancellationToken = default) => Answer(new GetItemResponse());

        public override Task<DescribeTableResponse> DescribeTableAsync(DescribeTableRequest request, CancellationToken cancellationToken = default) =>
            Missing ? Task.FromException<DescribeTableResponse>(new ResourceNotFoundException("none")) : Answer(new DescribeTableResponse { Table = Table });

        public override Task<CreateTableResponse> CreateTableAsync(CreateTableRequest request, CancellationToken cancellationToken = default) =>
            Creating is { } e ? Task.FromException<CreateTableResponse>(e) : Answer(new CreateTableResponse());

        private Task<T> Answer<T>(T answer) => Error is { } e ? Task.FromException<T>(e) : Task.FromResult(answer);
    }
}
