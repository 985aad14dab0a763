using System.Net;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.Util;

namespace Amazon.Kinesis.Wire;

/// <summary>One operation of the service: writes its requests, reads its responses, and knows the errors that it declares. The protocol is JSON 1.1.</summary>
internal abstract class Operation(string name, params string[] errors) : JsonResponseUnmarshaller, IMarshaller<IRequest, AmazonWebServiceRequest>
{
    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            Write(json, input);
            json.WriteEndObject();
        }
        var request = new DefaultRequest(input, "Amazon.Kinesis") { HttpMethod = "POST", ResourcePath = "/", Content = body.ToArray() };
        request.Headers["X-Amz-Target"] = $"Kinesis_20131202.{name}";
        request.Headers["Content-Type"] = "application/x-amz-json-1.1";
        request.Headers[HeaderKeys.XAmzApiVersion] = "2013-12-02";
        Prepare(request);
        return request;
    }

    public override AmazonServiceException UnmarshallException(JsonUnmarshallerContext context, Exception innerException, HttpStatusCode statusCode)
    {
        var reader = new Amazon.Runtime.Internal.Util.StreamingUtf8JsonReader(context.Stream);
        var error = JsonErrorResponseUnmarshaller.GetInstance().Unmarshall(context, ref reader);
        error.InnerException = innerException;
        error.StatusCode = statusCode;
        return Errors.Of(error, declared: errors.Contains(error.Code));
    }

    protected abstract void Write(Utf8JsonWriter json, AmazonWebServiceRequest request);

    protected virtual void Prepare(DefaultRequest request)
    {
    }
}

/// <summary>Where read is null, the response says nothing.</summary>
internal sealed class Operation<TRequest, TResponse>(string name, Action<Utf8JsonWriter, TRequest> write, Action<JsonElement, TResponse> read, params string[] errors)
    : Operation(name, errors)
    where TRequest : AmazonWebServiceRequest
    where TResponse : AmazonWebServiceResponse, new()
{
    public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext input)
    {
        var response = new TResponse();
        if (read is null) return response;
        using var json = JsonDocument.Parse(input.Stream);
        read(json.RootElement, response);
        return response;
    }

    protected override void Write(Utf8JsonWriter json, AmazonWebServiceRequest request) => write(json, (TRequest)request);
}
