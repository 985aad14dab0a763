using System.Net;
using System.Text.Json;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;

namespace Amazon.Kinesis.Wire;

/// <summary>The one operation whose response is read while it comes: HTTP/2 where the server has it, and the body stays open.</summary>
internal sealed class SubscribeToShardOperation() : Operation("SubscribeToShard", "AccessDeniedException", "InvalidArgumentException", "LimitExceededException", "ResourceInUseException", "ResourceNotFoundException")
{
    public override bool HasStreamingProperty => true;

    public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext input) => new SubscribeToShardResponse { EventStream = new SubscribeToShardEventStream(input.Stream) };

    protected override void Prepare(DefaultRequest request) => request.HttpProtocolVersion = HttpVersion.Version20;

    protected override bool ShouldReadEntireResponse(IWebResponseData response, bool readEntireResponse) => false;

    protected override void Write(Utf8JsonWriter json, AmazonWebServiceRequest request)
    {
        var subscribe = (SubscribeToShardRequest)request;
        json.Text("ConsumerARN", subscribe.ConsumerARN);
        json.Text("ShardId", subscribe.ShardId);
        if (subscribe.StartingPosition is not { } start) return;
        json.WriteStartObject("StartingPosition");
        json.Text("SequenceNumber", start.SequenceNumber);
        json.Time("Timestamp", start.Timestamp);
        json.Text("Type", start.Type);
        json.WriteEndObject();
    }
}
