using System.IO.Pipelines;
using System.Text;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime.EventStreams;
using Amazon.Runtime.EventStreams.Internal;

namespace Handlers.Kinesis.Sdk.Tests;

/// <summary>A subscription's events, from frames that are made here.</summary>
public sealed class EventStreamTests
{
    private const string Event = """{"Records":[{"SequenceNumber":"49","PartitionKey":"k","Data":"ZGF0YQ=="}],"ContinuationSequenceNumber":"50","MillisBehindLatest":0}""";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_come_in_order_to_the_end_of_the_connection()
    {
        using var stream = Of(Frame("event", "event-type", "initial-response", "{}"), Frame("event", "event-type", "SubscribeToShardEvent", Event),
            Frame("event", "event-type", "SubscribeToShardEvent", """{"Records":[],"ContinuationSequenceNumber":"51","MillisBehindLatest":5,"ChildShards":[{"ShardId":"1","ParentShards":["0"]}]}"""));
        List<IEventStreamEvent> events = [];
        await foreach (var received in stream.WithCancellation(Stop)) events.Add(received);
        Assert.Equal(3, events.Count);
        Assert.IsType<InitialResponseEvent>(events[0]);
        var first = Assert.IsType<SubscribeToShardEvent>(events[1]);
        Assert.Equal("data", Encoding.UTF8.GetString(Assert.Single(first.Records).Data.ToArray()));
        Assert.Equal("50", first.ContinuationSequenceNumber);
        Assert.Null(first.ChildShards);
        var second = Assert.IsType<SubscribeToShardEvent>(events[2]);
        Assert.Equal((5, "0"), (second.MillisBehindLatest, Assert.Single(Assert.Single(second.ChildShards).ParentShards)));
    }

    [Fact]
    public async Task An_error_in_the_stream_is_thrown_around_its_class()
    {
        var connection = new Pipe();
        using var stream = new SubscribeToShardEventStream(connection.Reader.AsStream());
        await using var events = stream.GetAsyncEnumerator(Stop);
        await connection.Writer.WriteAsync(Frame("event", "event-type", "SubscribeToShardEvent", Event), Stop);
        Assert.True(await events.MoveNextAsync());
        await connection.Writer.WriteAsync(Frame("exception", "exception-type", "ResourceInUseException", """{"message":"taken"}"""), Stop);
        var thrown = await Assert.ThrowsAsync<KinesisEventStreamException>(async () => await events.MoveNextAsync());
        Assert.IsType<ResourceInUseException>(thrown.InnerException);
        Assert.Contains("taken", thrown.Message);
    }

    [Fact]
    public async Task An_error_that_is_read_together_with_events_comes_instead_of_them()
    {
        using var stream = Of(Frame("event", "event-type", "SubscribeToShardEvent", Event), Frame("exception", "exception-type", "InternalFailureException", "{}"));
        await using var events = stream.GetAsyncEnumerator(Stop);
        await Assert.ThrowsAsync<KinesisEventStreamException>(async () => await events.MoveNextAsync());
    }

    [Fact]
    public async Task Handlers_of_events_hear_each_of_its_kind()
    {
        using var stream = Of(Frame("event", "event-type", "initial-response", "{}"), Frame("event", "event-type", "SubscribeToShardEvent", Event));
        var (all, first, records) = (0, 0, 0);
        stream.EventReceived += (_, _) => all++;
        stream.InitialResponseReceived += (_, _) => first++;
        stream.SubscribeToShardEventReceived += (_, args) => records += args.EventStreamEvent.Records.Count;
        await stream.StartProcessingAsync();
        Assert.Equal((1, 1), (first, records));
        Assert.True(all >= 2);
    }

    private static SubscribeToShardEventStream Of(params byte[][] frames) => new(new MemoryStream([.. frames.SelectMany(frame => frame)]));

    private static byte[] Frame(string type, string header, string name, string payload) =>
        new EventStreamMessage([Header(":message-type", type), Header($":{header}", name), Header(":content-type", "application/x-amz-json-1.1")], Encoding.UTF8.GetBytes(payload)).ToByteArray();

    private static EventStreamHeader Header(string name, string value)
    {
        var header = new EventStreamHeader(name);
        header.SetString(value);
        return header;
    }
}
