using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace Handlers.Kinesis;

/// <summary>The table itself: made where it is missing, and looked at for signs of a leader.</summary>
internal sealed class DynamoTable(IAmazonDynamoDB client, string table, TimeProvider time)
{
    private const string KeyOfLeases = $"{LeaseRow.Key} (S)";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10); // as long as the Kinesis Client Library waits

    /// <summary>Completes when the table can be used. True: it was made.</summary>
    public async ValueTask<bool> MakeAsync(CancellationToken stop)
    {
        try
        {
            var began = time.GetTimestamp();
            var isMade = false;
            while (true)
            {
                var status = await FindAsync(stop);
                if (status == TableStatus.ACTIVE || status == TableStatus.UPDATING) return isMade;
                if (status is null) isMade |= await CreateAsync(stop);
                if (time.GetElapsedTime(began) > Patience)
                    throw new TransportException($"The DynamoDB table '{table}' of the leases is {status?.Value ?? "missing"} after {Patience.TotalMinutes} minutes. Look at it in the console.");
                await Task.Delay(Pause, time, stop);
            }
        }
        catch (Exception e) when (DynamoErrors.IsOurs(e))
        {
            throw DynamoErrors.Of(e, "make or find the table of the leases", table);
        }
    }

    /// <summary>
    /// What the library's version 3 writes of its mode: an item in the table itself since 3.5, in a table beside it before (the key <c>Migration3.0</c> and its
    /// attribute <c>cv</c>; MigrationState.java of awslabs/amazon-kinesis-client at 024eb86e2163a3d211cacf21f44f5411b6c41c53). Null: no sign of a leader.
    /// </summary>
    public async ValueTask<string?> FindLeaderAsync(CancellationToken stop)
    {
        foreach (var (name, key) in new[] { (table, LeaseRow.Key), (table + "-CoordinatorState", "key") })
        {
            try
            {
                var answer = await client.GetItemAsync(new GetItemRequest { TableName = name, Key = new() { [key] = LeaseRow.Of("Migration3.0") } }, stop);
                if (answer.Item?.GetValueOrDefault("cv")?.S is { } version && version.StartsWith("CLIENT_VERSION_3X", StringComparison.Ordinal)) return $"{version} in table '{name}'";
            }
            catch (Exception e) when (DynamoErrors.IsOurs(e))
            {
                // No such table, or no right to look at it: there is no sign, and nothing depends on it.
            }
        }

        return null;
    }

    /// <summary>How the table is; null: there is none. Throws where it is another's: nothing could be read or written, and each error would name something else.</summary>
    private async ValueTask<TableStatus?> FindAsync(CancellationToken stop)
    {
        try
        {
            var found = (await client.DescribeTableAsync(new DescribeTableRequest { TableName = table }, stop)).Table;
            if (found.KeySchema is { Count: > 0 } keys && KeyOf(keys, found.AttributeDefinitions ?? []) is var key && key != KeyOfLeases) throw Another(key);
            return found.TableStatus;
        }
        catch (ResourceNotFoundException)
        {
            return null;
        }
    }

    private TransportException Another(string key) => new(
        $"The DynamoDB table '{table}' holds no leases: its key is {key}, and theirs is {KeyOfLeases}. Name another in Leases:Table, which is then made; or remove this one, where nobody needs it.")
    {
        Kind = TransportErrorKind.Positions,
    };

    private static string KeyOf(List<KeySchemaElement> keys, List<AttributeDefinition> attributes) => string.Join(", ", keys
        .OrderBy(static k => k.KeyType == KeyType.HASH ? 0 : 1)
        .Select(k => $"{k.AttributeName} ({attributes.Find(a => a.AttributeName == k.AttributeName)?.AttributeType?.Value})"));

    private async ValueTask<bool> CreateAsync(CancellationToken stop)
    {
        try
        {
            await client.CreateTableAsync(new CreateTableRequest
            {
                TableName = table,
                KeySchema = [new KeySchemaElement { AttributeName = LeaseRow.Key, KeyType = KeyType.HASH }],
                AttributeDefinitions = [new AttributeDefinition { AttributeName = LeaseRow.Key, AttributeType = ScalarAttributeType.S }],
                BillingMode = BillingMode.PAY_PER_REQUEST,
            }, stop);
            return true;
        }
        catch (ResourceInUseException)
        {
            return false; // another worker makes it at this moment
        }
    }
}
