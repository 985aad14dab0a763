using Amazon.DynamoDBv2.Model;

namespace Handlers.Kinesis.Tests;

public sealed class LeaseRowTests
{
    private static readonly DateTimeOffset Then = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(1_234_567);

    [Fact]
    public void Every_checkpoint_comes_back_as_it_was_written()
    {
        foreach (var checkpoint in new[]
        {
            LeaseCheckpoint.Horizon, LeaseCheckpoint.End, LeaseCheckpoint.Latest(null), LeaseCheckpoint.Latest(Then), LeaseCheckpoint.At(null), LeaseCheckpoint.At(Then),
            LeaseCheckpoint.After(new Position("49590338271490256608559692538361571095921575989136588898", 0)),
            LeaseCheckpoint.After(new Position("49590338271490256608559692538361571095921575989136588898", 17)),
        })
        {
            var lease = new Lease { Shard = "s", Checkpoint = checkpoint, Counter = 4 };
            Assert.Equal(checkpoint, LeaseRow.Read(LeaseRow.Write(lease), "t")!.Checkpoint);
        }
    }

    [Fact]
    public void A_new_row_has_what_the_library_writes_and_nothing_empty()
    {
        var row = LeaseRow.Write(new Lease { Shard = "shardId-000000000001", Checkpoint = LeaseCheckpoint.Horizon, Keys = ("0", "99") });
        Assert.Equal(
            ["checkpoint", "checkpointSubSequenceNumber", "endingHashKey", "leaseCounter", "leaseKey", "ownerSwitchesSinceCheckpoint", "startingHashKey"],
            row.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("TRIM_HORIZON", row["checkpoint"].S);
        Assert.Equal("0", row["checkpointSubSequenceNumber"].N);
        Assert.Equal("0", row["leaseCounter"].N);
    }

    [Fact]
    public void A_shard_of_a_single_key_has_no_range_as_the_library_would_refuse_to_read_it() =>
        Assert.DoesNotContain("startingHashKey", LeaseRow.Write(new Lease { Shard = "s", Checkpoint = LeaseCheckpoint.Horizon, Keys = ("7", "7") }).Keys);

    [Fact]
    public void Rows_of_other_things_are_no_leases()
    {
        Assert.Null(LeaseRow.Read(null, "t"));
        Assert.Null(LeaseRow.Read([], "t"));
        Assert.Null(LeaseRow.Read(new() { ["leaseKey"] = new() { S = "Migration3.0" }, ["entityType"] = new() { S = "CLIENT_VERSION_MIGRATION" }, ["cv"] = new() { S = "CLIENT_VERSION_3X" } }, "t"));
        Assert.Null(LeaseRow.Read(new() { ["leaseKey"] = new() { S = "w" }, ["lut"] = new() { N = "1" } }, "t"));
    }

    [Fact]
    public void A_table_of_several_streams_is_refused_as_all_its_checkpoints_would_be_passed_over()
    {
        var other = LeaseRow.Write(new Lease { Shard = "1:stream:2:shardId-0", Checkpoint = LeaseCheckpoint.Horizon });
        other["streamName"] = new() { S = "1:stream:2" };
        var error = Assert.Throws<TransportException>(() => LeaseRow.Read(other, "t"));
        Assert.Contains("table 't' has leases of several streams", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public void A_lease_that_cannot_be_understood_is_an_error_that_names_it()
    {
        var row = LeaseRow.Write(new Lease { Shard = "s1", Checkpoint = LeaseCheckpoint.Horizon });
        foreach (var (name, value) in new (string, AttributeValue)[] { ("checkpoint", new() { S = "SOMEWHERE" }), ("leaseCounter", new() { N = "1.5" }), ("leaseCounter", new() { S = "1" }), ("checkpoint", new() { S = "" }) })
        {
            var broken = new Dictionary<string, AttributeValue>(row) { [name] = value };
            var error = Assert.Throws<TransportException>(() => LeaseRow.Read(broken, "leases"));
            Assert.Contains("s1", error.Message, StringComparison.Ordinal);
            Assert.Contains("leases", error.Message, StringComparison.Ordinal);
            Assert.False(error.IsTransient);
        }
    }
}
