using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace Handlers.Kinesis.Tests;

/// <summary>
/// Writes as the Kinesis Client Library does: its items and its conditions, in the request form that it uses. From DynamoDBLeaseSerializer.java
/// (toDynamoRecord) and DynamoDBLeaseRefresher.java of awslabs/amazon-kinesis-client at 024eb86e2163a3d211cacf21f44f5411b6c41c53 (3.5.1), and of
/// 3816fee9451d39c4fb42dcbc2e776adcf380b4e7 (2.7.3) where it says so.
/// </summary>
internal sealed class KclWorker(IAmazonDynamoDB client, string table, string name)
{
    /// <summary>What both versions write of a lease.</summary>
    public static Dictionary<string, AttributeValue> Item(string shard, string checkpoint, long subSequence = 0, long counter = 0, string? owner = null, string[]? parents = null, string[]? children = null)
    {
        var item = new Dictionary<string, AttributeValue>
        {
            ["leaseKey"] = new() { S = shard },
            ["leaseCounter"] = Number(counter),
            ["ownerSwitchesSinceCheckpoint"] = Number(0),
            ["checkpoint"] = new() { S = checkpoint },
            ["checkpointSubSequenceNumber"] = Number(subSequence),
            ["startingHashKey"] = new() { S = "0" },
            ["endingHashKey"] = new() { S = "340282366920938463463374607431768211455" },
        };
        if (owner is not null) item["leaseOwner"] = new() { S = owner };
        if (parents is not null) item["parentShardId"] = new() { SS = [.. parents] };
        if (children is not null) item["childShardIds"] = new() { SS = [.. children] };
        return item;
    }

    public Task PutAsync(Dictionary<string, AttributeValue> item) => client.PutItemAsync(new PutItemRequest { TableName = table, Item = item });

    /// <summary>takeLease of version 2: on the counter alone. It does not know who hands over. False: the counter was raised.</summary>
    public Task<bool> TakeAsync(string shard, long counter) => UpdateIfAsync(shard, counter, new()
    {
        ["leaseCounter"] = Put(Number(counter + 1)),
        ["leaseOwner"] = Put(new AttributeValue { S = name }),
        ["ownerSwitchesSinceCheckpoint"] = new() { Action = AttributeAction.ADD, Value = Number(1) },
    });

    /// <summary>renewLease of version 2: on the counter alone.</summary>
    public Task<bool> RenewAsync(string shard, long counter) => UpdateIfAsync(shard, counter, new() { ["leaseCounter"] = Put(Number(counter + 1)) });

    /// <summary>updateLease: a checkpoint, on the counter alone.</summary>
    public Task<bool> CheckpointAsync(string shard, long counter, string checkpoint) => UpdateIfAsync(shard, counter, new()
    {
        ["leaseCounter"] = Put(Number(counter + 1)),
        ["checkpoint"] = Put(new AttributeValue { S = checkpoint }),
        ["checkpointSubSequenceNumber"] = Put(Number(0)),
        ["ownerSwitchesSinceCheckpoint"] = Put(Number(0)),
        ["pendingCheckpoint"] = new() { Action = AttributeAction.DELETE },
        ["pendingCheckpointSubSequenceNumber"] = new() { Action = AttributeAction.DELETE },
        ["pendingCheckpointState"] = new() { Action = AttributeAction.DELETE },
    });

    /// <summary>initiateGracefulLeaseHandoff of version 3: this worker is to get it.</summary>
    public Task<bool> AskAsync(string shard, string from) => UpdateAsync(shard, new()
    {
        ["leaseOwner"] = new() { Value = new AttributeValue { S = from } },
        ["checkpointOwner"] = new() { Exists = false },
        ["leaseKey"] = new() { Exists = true, Value = new AttributeValue { S = shard } },
    }, new()
    {
        ["leaseOwner"] = Put(new AttributeValue { S = name }),
        ["checkpointOwner"] = Put(new AttributeValue { S = from }),
    });

    /// <summary>assignLease of version 3, by the former owner, to whoever asked.</summary>
    public Task<bool> GiveAsync(string shard, string to) => UpdateAsync(shard, new()
    {
        ["leaseOwner"] = new() { Value = new AttributeValue { S = to } },
        ["checkpointOwner"] = new() { Value = new AttributeValue { S = name } },
        ["leaseKey"] = new() { Exists = true, Value = new AttributeValue { S = shard } },
    }, new()
    {
        ["leaseOwner"] = Put(new AttributeValue { S = to }),
        ["checkpointOwner"] = new() { Action = AttributeAction.DELETE },
        ["leaseCounter"] = new() { Action = AttributeAction.ADD, Value = Number(1) },
    });

    private Task<bool> UpdateIfAsync(string shard, long counter, Dictionary<string, AttributeValueUpdate> updates) =>
        UpdateAsync(shard, new() { ["leaseCounter"] = new() { Value = Number(counter) } }, updates);

    private async Task<bool> UpdateAsync(string shard, Dictionary<string, ExpectedAttributeValue> expected, Dictionary<string, AttributeValueUpdate> updates)
    {
        try
        {
            await client.UpdateItemAsync(new UpdateItemRequest { TableName = table, Key = new() { ["leaseKey"] = new() { S = shard } }, Expected = expected, AttributeUpdates = updates });
            return true;
        }
        catch (ConditionalCheckFailedException)
        {
            return false;
        }
    }

    private static AttributeValueUpdate Put(AttributeValue value) => new() { Action = AttributeAction.PUT, Value = value };

    private static AttributeValue Number(long number) => new() { N = number.ToString(CultureInfo.InvariantCulture) };
}
