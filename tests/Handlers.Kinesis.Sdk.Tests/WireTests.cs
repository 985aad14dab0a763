using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;

namespace Handlers.Kinesis.Sdk.Tests;

/// <summary>What goes out and what comes in, without a server.</summary>
public sealed class WireTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_is_signed_with_the_credentials_of_the_client()
    {
        var http = new ScriptedHttp("{}");
        using var client = Clients.Answered(http);
        await client.ListStreamsAsync(new ListStreamsRequest(), Stop);
        var headers = http.Asked!.Headers;
        var authorization = Assert.Single(headers.GetValues("Authorization"));
        Assert.StartsWith("AWS4-HMAC-SHA256 Credential=AKID/", authorization);
        Assert.Contains("/eu-west-1/kinesis/aws4_request", authorization);
        Assert.Matches("Signature=[0-9a-f]{64}", authorization);
        Assert.Equal("token", Assert.Single(headers.GetValues("X-Amz-Security-Token")));
        Assert.Equal("Kinesis_20131202.ListStreams", Assert.Single(headers.GetValues("X-Amz-Target")));
        Assert.Equal("application/x-amz-json-1.1", http.Asked.Content!.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task The_address_is_the_regions_and_with_an_ARN_the_accounts()
    {
        var http = new ScriptedHttp("{}");
        using var client = Clients.Answered(http);
        await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = "i" }, Stop);
        Assert.Equal("https://kinesis.eu-west-1.amazonaws.com/", http.Asked!.RequestUri!.ToString());
        const string Arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/s";
        await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = "i", StreamARN = Arn }, Stop);
        Assert.Equal("https://123456789012.data-kinesis.eu-west-1.amazonaws.com/", http.Asked!.RequestUri!.ToString());
        await client.ListShardsAsync(new ListShardsRequest { StreamARN = Arn }, Stop);
        Assert.Equal("https://123456789012.control-kinesis.eu-west-1.amazonaws.com/", http.Asked!.RequestUri!.ToString());
    }

    [Fact]
    public async Task A_request_holds_what_was_set_and_nothing_else()
    {
        var http = new ScriptedHttp("{}");
        using var client = Clients.Answered(http);
        await client.GetShardIteratorAsync(new GetShardIteratorRequest { StreamName = "s", ShardId = "0", ShardIteratorType = ShardIteratorType.AT_TIMESTAMP, Timestamp = DateTime.UnixEpoch.AddSeconds(7.2) }, Stop);
        AssertJson("""{"StreamName":"s","ShardId":"0","ShardIteratorType":"AT_TIMESTAMP","Timestamp":7}""", http.Body);
        await client.ListShardsAsync(new ListShardsRequest { StreamName = "s", MaxResults = 3, ShardFilter = new ShardFilter { Type = ShardFilterType.AFTER_SHARD_ID, ShardId = "1" } }, Stop);
        AssertJson("""{"StreamName":"s","MaxResults":3,"ShardFilter":{"Type":"AFTER_SHARD_ID","ShardId":"1"}}""", http.Body);
        var data = new MemoryStream("data"u8.ToArray()) { Position = 2 };
        await client.PutRecordsAsync(new PutRecordsRequest { StreamName = "s", Records = [new PutRecordsRequestEntry { PartitionKey = "k", ExplicitHashKey = "1", Data = data }, new PutRecordsRequestEntry { PartitionKey = "größer" }] }, Stop);
        AssertJson("""{"StreamName":"s","Records":[{"PartitionKey":"k","ExplicitHashKey":"1","Data":"ZGF0YQ=="},{"PartitionKey":"größer"}]}""", http.Body);
        await client.SubscribeToShardAsync(new SubscribeToShardRequest { ConsumerARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/s/consumer/c:1", ShardId = "0", StartingPosition = new StartingPosition { Type = ShardIteratorType.AFTER_SEQUENCE_NUMBER, SequenceNumber = "5" } }, Stop);
        AssertJson("""{"ConsumerARN":"arn:aws:kinesis:eu-west-1:123456789012:stream/s/consumer/c:1","ShardId":"0","StartingPosition":{"Type":"AFTER_SEQUENCE_NUMBER","SequenceNumber":"5"}}""", http.Body);
        Assert.Equal(HttpVersion.Version20, http.Asked!.Version);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Records":null,"ChildShards":null,"NextShardIterator":null,"MillisBehindLatest":null,"Unknown":{"a":[1]}}""")]
    public async Task What_the_answer_does_not_have_is_null(string answer)
    {
        using var client = Clients.Answered(new ScriptedHttp(answer));
        var read = await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = "i" }, Stop);
        Assert.Null(read.Records);
        Assert.Null(read.ChildShards);
        Assert.Null(read.NextShardIterator);
        Assert.Null(read.MillisBehindLatest);
    }

    [Fact]
    public async Task A_record_is_read_whole()
    {
        using var client = Clients.Answered(new ScriptedHttp("""
            {"Records":[{"SequenceNumber":"49","PartitionKey":"k","Data":"ZGF0YQ==","ApproximateArrivalTimestamp":1700000000.123,"EncryptionType":"KMS"},{"SequenceNumber":"50","PartitionKey":"","Data":"","EncryptionType":null}],
             "MillisBehindLatest":86400001,"ChildShards":[{"ShardId":"2","ParentShards":["0","1"],"HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"9"}}]}
            """));
        var read = await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = "i" }, Stop);
        Assert.Equal("data", Encoding.UTF8.GetString(read.Records[0].Data.ToArray()));
        Assert.Equal(("49", "k", EncryptionType.KMS), (read.Records[0].SequenceNumber, read.Records[0].PartitionKey, read.Records[0].EncryptionType));
        Assert.Equal(DateTimeKind.Utc, read.Records[0].ApproximateArrivalTimestamp!.Value.Kind);
        Assert.Equal(1_700_000_000_123, new DateTimeOffset(read.Records[0].ApproximateArrivalTimestamp!.Value).ToUnixTimeMilliseconds(), tolerance: 1);
        Assert.Empty(read.Records[1].Data.ToArray());
        Assert.Null(read.Records[1].EncryptionType);
        Assert.Null(read.Records[1].ApproximateArrivalTimestamp);
        Assert.Equal(86_400_001, read.MillisBehindLatest);
        var child = Assert.Single(read.ChildShards);
        Assert.Equal(["0", "1"], child.ParentShards);
        Assert.Equal(("2", "0", "9"), (child.ShardId, child.HashKeyRange.StartingHashKey, child.HashKeyRange.EndingHashKey));
    }

    [Fact]
    public async Task An_error_has_the_class_that_its_operation_declares_and_another_only_its_code()
    {
        using var client = Clients.Answered(new ScriptedHttp("""{"__type":"com.amazonaws.kinesis#ExpiredIteratorException","message":"old"}""", HttpStatusCode.BadRequest));
        var declared = await Assert.ThrowsAsync<ExpiredIteratorException>(() => client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = "i" }, Stop));
        Assert.Equal(("ExpiredIteratorException", "old", HttpStatusCode.BadRequest), (declared.ErrorCode, declared.Message, declared.StatusCode));
        var other = await Assert.ThrowsAsync<AmazonKinesisException>(() => client.ListStreamsAsync(new ListStreamsRequest(), Stop));
        Assert.Equal("ExpiredIteratorException", other.ErrorCode);
    }

    private static void AssertJson(string expected, string actual) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), actual);
}
