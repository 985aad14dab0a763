using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Handlers.Kinesis.Peers;

namespace Handlers.Kinesis.Tests;

/// <summary>One dynalite for the tests of lease tables; each test has a table of its own.</summary>
public sealed class DynaliteLeases : IAsyncLifetime
{
    private Dynalite? server;
    private int tables;

    public async ValueTask InitializeAsync()
    {
        if (Emulator.Missing is null) server = await Dynalite.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
    }

    /// <summary>A client; skips the test where there is no emulator.</summary>
    public AmazonDynamoDBClient Client()
    {
        Assert.SkipWhen(Emulator.Missing is not null, Emulator.Missing ?? "");
        return new(Emulator.AccessKey, Emulator.SecretKey, new AmazonDynamoDBConfig { ServiceURL = server!.Endpoint, AuthenticationRegion = Emulator.Region });
    }

    public string Table() => $"leases-{Interlocked.Increment(ref tables)}";

    internal static async Task<Dictionary<string, AttributeValue>> RawAsync(IAmazonDynamoDB client, string table, string shard) =>
        (await client.GetItemAsync(new GetItemRequest { TableName = table, Key = new() { ["leaseKey"] = new() { S = shard } }, ConsistentRead = true })).Item;
}
