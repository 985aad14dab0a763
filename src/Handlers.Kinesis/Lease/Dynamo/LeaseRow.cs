using System.Globalization;
using Amazon.DynamoDBv2.Model;

namespace Handlers.Kinesis;

/// <summary>A lease as a row of the Kinesis Client Library's table.</summary>
/// <remarks>
/// Names, types and meanings are those of DynamoDBLeaseSerializer.java and SentinelCheckpoint.java of awslabs/amazon-kinesis-client, as of
/// 024eb86e2163a3d211cacf21f44f5411b6c41c53 (3.5.1) and 3816fee9451d39c4fb42dcbc2e776adcf380b4e7 (2.7.3). What is not known is absent: that library writes neither empty
/// strings nor empty sets, and reads none. Of ours there are two attributes: the time that belongs to LATEST and AT_TIMESTAMP, of which the library keeps
/// the latter in its application's configuration, and the mark of an assignment. It ignores both, and keeps them.
/// </remarks>
internal static class LeaseRow
{
    public const string Key = "leaseKey";
    public const string Owner = "leaseOwner";
    public const string Counter = "leaseCounter";
    public const string Checkpoint = "checkpoint";
    public const string SubSequence = "checkpointSubSequenceNumber";
    public const string OwnerSwitches = "ownerSwitchesSinceCheckpoint";
    public const string Parents = "parentShardId"; // a set, whatever its name says
    public const string Children = "childShardIds";
    public const string StartingKey = "startingHashKey";
    public const string EndingKey = "endingHashKey";
    public const string HandedOverBy = "checkpointOwner"; // since 3.0
    public const string EntityType = "entityType";        // since 3.5: other things than leases are in the table too
    public const string StreamName = "streamName";        // of a table of several streams
    public const string StartAt = "handlersStartAt";
    public const string Assignment = "handlersAssignment";

    /// <summary>What the library deletes with each checkpoint: a checkpoint in two steps, which we do not make.</summary>
    public static readonly IReadOnlyList<string> Pending = ["pendingCheckpoint", "pendingCheckpointSubSequenceNumber", "pendingCheckpointState"];

    private const string Horizon = "TRIM_HORIZON";
    private const string Latest = "LATEST";
    private const string AtTime = "AT_TIMESTAMP";
    private const string End = "SHARD_END";

    /// <summary>The lease that a row holds; null: the row is something else.</summary>
    /// <exception cref="TransportException">It is a lease, and cannot be understood, or the table is one of several streams.</exception>
    public static Lease? Read(Dictionary<string, AttributeValue>? row, string table)
    {
        if (row is null || row.Count == 0) return null;
        if (row.GetValueOrDefault(EntityType)?.S is { } type && type != "LEASE") return null;
        if (row.GetValueOrDefault(Key)?.S is not { } shard) return null;
        if (!row.ContainsKey(Checkpoint) && !row.ContainsKey(Counter)) return null;
        if (Text(row, StreamName) is { } stream)
        {
            throw new TransportException(
                $"The DynamoDB table '{table}' has leases of several streams ('{shard}' is of '{stream}'), as the Kinesis Client Library keeps them for an application that reads several. Such a table cannot be taken over: name another one as Leases:Table, one for each stream.")
            {
                Kind = TransportErrorKind.Positions,
            };
        }

        try
        {
            return new Lease
            {
                Shard = shard,
                Owner = Text(row, Owner),
                Counter = Number(row, Counter) ?? throw new FormatException($"{Counter} is missing"),
                Checkpoint = ReadCheckpoint(row),
                OwnerSwitches = Number(row, OwnerSwitches) ?? 0,
                Parents = Set(row, Parents),
                Children = Set(row, Children),
                Keys = Text(row, StartingKey) is { } starting && Text(row, EndingKey) is { } ending ? (starting, ending) : null,
                HandedOverBy = Text(row, HandedOverBy),
                Assignment = Text(row, Assignment),
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new TransportException(
                $"The row '{shard}' of the DynamoDB table '{table}' is not a lease that can be understood: {e.Message}. Correct it, or delete it to have its shard read from where the group begins.", e)
            { Kind = TransportErrorKind.Positions };
        }
    }

    /// <summary>What a row holds of a lease, by attribute.</summary>
    public static Dictionary<string, AttributeValue> Write(Lease lease)
    {
        var row = new Dictionary<string, AttributeValue>(StringComparer.Ordinal)
        {
            [Key] = Of(lease.Shard),
            [Counter] = Of(lease.Counter),
            [OwnerSwitches] = Of(lease.OwnerSwitches),
        };
        if (lease.Owner is { } owner) row[Owner] = Of(owner);
        if (lease.HandedOverBy is { } former) row[HandedOverBy] = Of(former);
        if (lease.Assignment is { } assignment) row[Assignment] = Of(assignment);
        if (lease.Parents.Count > 0) row[Parents] = new AttributeValue { SS = [.. lease.Parents] };
        if (lease.Children.Count > 0) row[Children] = new AttributeValue { SS = [.. lease.Children] };

        // The library refuses a range of a single key when it reads the row.
        if (lease.Keys is { } keys && keys.Starting != keys.Ending) (row[StartingKey], row[EndingKey]) = (Of(keys.Starting), Of(keys.Ending));
        var checkpoint = lease.Checkpoint;
        row[Checkpoint] = Of(checkpoint.Kind switch
        {
            CheckpointKind.Horizon => Horizon,
            CheckpointKind.Latest => Latest,
            CheckpointKind.Time => AtTime,
            CheckpointKind.End => End,
            CheckpointKind.After => checkpoint.Handled.Sequence ?? throw new ArgumentException("A position of Kinesis has a sequence number.", nameof(lease)),
            _ => throw new ArgumentException("The lease has no checkpoint.", nameof(lease)),
        });
        row[SubSequence] = Of(checkpoint.Kind == CheckpointKind.After ? checkpoint.Handled.Number : 0);
        if (checkpoint.Kind is CheckpointKind.Latest or CheckpointKind.Time && checkpoint.Time is { } time)
            row[StartAt] = Of(time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture));
        return row;
    }

    /// <summary>A text.</summary>
    public static AttributeValue Of(string text) => new() { S = text };

    /// <summary>A whole number.</summary>
    public static AttributeValue Of(long number) => new() { N = number.ToString(CultureInfo.InvariantCulture) };

    /// <summary>Whether two attributes hold the same; null: there is none.</summary>
    public static bool AreSame(AttributeValue? left, AttributeValue? right)
    {
        if (left is null || right is null) return left is null && right is null;
        return left.S == right.S && left.N == right.N
            && (left.SS ?? []).ToHashSet(StringComparer.Ordinal).SetEquals(right.SS ?? []);
    }

    private static LeaseCheckpoint ReadCheckpoint(Dictionary<string, AttributeValue> row) => Text(row, Checkpoint) switch
    {
        null => throw new FormatException($"{Checkpoint} is missing"),
        Horizon => LeaseCheckpoint.Horizon,
        End => LeaseCheckpoint.End,
        Latest => LeaseCheckpoint.Latest(Time(row)),
        AtTime => LeaseCheckpoint.At(Time(row)),
        var digits when digits.All(char.IsAsciiDigit) => LeaseCheckpoint.After(new Position(digits.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0", Number(row, SubSequence) ?? 0)),
        var other => throw new FormatException($"{Checkpoint} is '{other}', neither a sequence number nor one of the library's words"),
    };

    private static DateTimeOffset? Time(Dictionary<string, AttributeValue> row) =>
        Text(row, StartAt) is { } text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind) : null;

    private static string? Text(Dictionary<string, AttributeValue> row, string name) => row.GetValueOrDefault(name)?.S is { Length: > 0 } text ? text : null;

    private static long? Number(Dictionary<string, AttributeValue> row, string name) =>
        row.GetValueOrDefault(name)?.N is { } text ? long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : null;

    private static IReadOnlyList<string> Set(Dictionary<string, AttributeValue> row, string name) =>
        row.GetValueOrDefault(name)?.SS is { Count: > 0 } set ? [.. set.Order(StringComparer.Ordinal)] : [];
}
