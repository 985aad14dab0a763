using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;

namespace Handlers.Kinesis;

/// <summary>Leases in a DynamoDB table of the Kinesis Client Library's layout: <see cref="LeaseRow"/>.</summary>
/// <remarks>
/// An application of that library is taken over by using its table while it is stopped, and given back by stopping us. Beside running workers of its
/// version 2, or of 3 in the mode that is compatible with 2, ours are workers like theirs: whoever takes a lease raises the counter, on which their
/// writes are conditional. Version 3 in its own mode has a leader that assigns leases; beside it ours must not run (<see cref="Leader"/>).
/// Rows are read consistently, and are updated by attribute: whatever else is in them stays.
/// </remarks>
internal sealed class DynamoLeaseStore : ILeaseStore
{
    /// <summary>For so long credentials that have expired may be renewed by whoever gives them out: as long as the tries of a call to Kinesis take.</summary>
    private static readonly TimeSpan RenewalTime = TimeSpan.FromSeconds(75);

    private readonly IAmazonDynamoDB client;
    private readonly string table;
    private readonly DynamoTable making;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private bool hasSucceeded; // guarded by gate; the credentials are right, or were
    private long? expiredAt;   // guarded by gate; when they were refused first, since they worked

    /// <param name="client">Owned: disposed with the store.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="time">For the pauses while the table is made, and for credentials that expired.</param>
    public DynamoLeaseStore(IAmazonDynamoDB client, string table, TimeProvider time)
    {
        this.client = client;
        this.table = table;
        this.time = time;
        making = new DynamoTable(client, table, time);
    }

    /// <summary>
    /// What <see cref="PrepareAsync"/> found of a leader that assigns this table's leases: the library's version 3 has run, or runs, in its own mode. Null: there is no
    /// sign of it. To be logged as a warning: its workers must be stopped while ours run.
    /// </summary>
    public string? Leader { get; private set; }

    public async ValueTask PrepareAsync(CancellationToken stop)
    {
        if (await making.MakeAsync(stop)) return;
        Leader = await making.FindLeaderAsync(stop);
    }

    public async ValueTask<IReadOnlyList<Lease>> ListAsync(CancellationToken stop)
    {
        List<Lease> leases = [];
        Dictionary<string, AttributeValue>? from = null;
        do
        {
            var page = await CallAsync("list the leases", () => client.ScanAsync(new ScanRequest { TableName = table, ConsistentRead = true, ExclusiveStartKey = from }, stop), stop);
            foreach (var row in page.Items ?? [])
                if (LeaseRow.Read(row, table) is { } lease) leases.Add(lease);
            from = page.LastEvaluatedKey;
        }
        while (from is { Count: > 0 });

        return leases;
    }

    public async ValueTask<Lease?> ReadAsync(string shard, CancellationToken stop)
    {
        var answer = await CallAsync($"read the lease of shard {shard}", () => client.GetItemAsync(new GetItemRequest { TableName = table, Key = Key(shard), ConsistentRead = true }, stop), stop);
        return LeaseRow.Read(answer.Item, table);
    }

    public async ValueTask<bool> TryWriteAsync(Lease? seen, Lease? next, CancellationToken stop)
    {
        try
        {
            var shard = (seen ?? next)!.Shard;
            await CallAsync($"write the lease of shard {shard}", () => WriteAsync(seen, next, stop), stop);
            return true;
        }
        catch (ConditionalCheckFailedException)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return default;
    }

    private async Task<bool> WriteAsync(Lease? seen, Lease? next, CancellationToken stop)
    {
        if (seen is null)
        {
            await client.PutItemAsync(new PutItemRequest { TableName = table, Item = LeaseRow.Write(next!), ConditionExpression = $"attribute_not_exists({LeaseRow.Key})" }, stop);
            return true;
        }

        var change = new DynamoChange();
        change.IfIs(LeaseRow.Counter, LeaseRow.Of(seen.Counter));
        change.IfIs(LeaseRow.Owner, seen.Owner is { } owner ? LeaseRow.Of(owner) : null);
        change.IfIs(LeaseRow.HandedOverBy, seen.HandedOverBy is { } former ? LeaseRow.Of(former) : null);
        if (next is null)
        {
            await client.DeleteItemAsync(new DeleteItemRequest
            {
                TableName = table,
                Key = Key(seen.Shard),
                ConditionExpression = change.Condition,
                ExpressionAttributeNames = change.Names,
                ExpressionAttributeValues = change.Values,
            }, stop);
            return true;
        }

        var before = LeaseRow.Write(seen);
        var after = LeaseRow.Write(next);
        foreach (var name in before.Keys.Union(after.Keys))
            if (!LeaseRow.AreSame(before.GetValueOrDefault(name), after.GetValueOrDefault(name))) change.Set(name, after.GetValueOrDefault(name));
        if (next.Checkpoint != seen.Checkpoint)
            foreach (var name in LeaseRow.Pending) change.Set(name, null);
        await client.UpdateItemAsync(new UpdateItemRequest
        {
            TableName = table,
            Key = Key(seen.Shard),
            ConditionExpression = change.Condition,
            UpdateExpression = change.Update,
            ExpressionAttributeNames = change.Names,
            ExpressionAttributeValues = change.Values,
        }, stop);
        return true;
    }

    private async ValueTask<T> CallAsync<T>(string what, Func<Task<T>> call, CancellationToken stop)
    {
        try
        {
            var answer = await call();
            lock (gate) (hasSucceeded, expiredAt) = (true, null);
            return answer;
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw DynamoErrors.Of(new TimeoutException("It did not answer in time.", e), what, table);
        }
        catch (Exception e) when (e is not ConditionalCheckFailedException && DynamoErrors.IsOurs(e))
        {
            throw DynamoErrors.Of(e, what, table, IsRenewed(e));
        }
    }

    /// <summary>Credentials that had worked, and expired just now. Ones that never did are a wrong setting.</summary>
    private bool IsRenewed(Exception e)
    {
        if (e is not AmazonServiceException || !KinesisErrors.MayBeRenewed(e)) return false;
        lock (gate)
        {
            expiredAt ??= time.GetTimestamp();
            return hasSucceeded && time.GetElapsedTime(expiredAt.Value) <= RenewalTime;
        }
    }

    private static Dictionary<string, AttributeValue> Key(string shard) => new() { [LeaseRow.Key] = LeaseRow.Of(shard) };
}
