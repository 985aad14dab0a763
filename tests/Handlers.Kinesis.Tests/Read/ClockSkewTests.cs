using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kinesis.Tests;

/// <summary>The client that options make, against a service whose clock is another's.</summary>
public sealed class ClockSkewTests : IDisposable
{
    private const int Limit = 60_000;

    private readonly HttpListener listener = new();
    private readonly ConcurrentQueue<string> asked = new();
    private readonly IAmazonKinesis client;
    private Func<HttpListenerRequest, (int Status, string Body)> answer = static _ => (500, "{}");

    public ClockSkewTests()
    {
        var port = FreePort();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        _ = AnswerAsync();
        client = KinesisClients.Kinesis(new KinesisOptions { Region = "us-east-1", Endpoint = $"http://127.0.0.1:{port}", AccessKey = "a", SecretKey = "b" }, NullLogger.Instance);
    }

    private DateTime ServerTime { get; set; } = DateTime.UtcNow;

    [Theory(Timeout = Limit)]
    [InlineData(6)]
    [InlineData(-60)]
    public async Task A_clock_that_is_off_is_corrected_by_the_answer_and_the_call_made_again(int minutes)
    {
        ServerTime = DateTime.UtcNow.AddMinutes(minutes);
        answer = Signed;
        Assert.False((await client.ListStreamsAsync(new ListStreamsRequest(), TestContext.Current.CancellationToken)).HasMoreStreams);
        Assert.Equal(2, asked.Count);
        await client.ListStreamsAsync(new ListStreamsRequest(), TestContext.Current.CancellationToken);
        Assert.Equal(3, asked.Count); // from then on it is right at once
    }

    /// <summary>A put that the SDK makes again by itself is stored twice.</summary>
    [Theory(Timeout = Limit)]
    [InlineData(500, "InternalFailure")]
    [InlineData(400, "ProvisionedThroughputExceededException")]
    [InlineData(400, "InvalidSignatureException")]
    public async Task Nothing_else_is_made_again_by_the_client(int status, string code)
    {
        ServerTime = DateTime.UtcNow;
        answer = _ => (status, $$"""{"__type":"{{code}}","message":"no"}""");
        var put = new PutRecordsRequest { StreamName = "s", Records = [new PutRecordsRequestEntry { PartitionKey = "k", Data = new MemoryStream([1]) }] };
        await Assert.ThrowsAnyAsync<AmazonKinesisException>(() => client.PutRecordsAsync(put, TestContext.Current.CancellationToken));
        Assert.Single(asked);
    }

    public void Dispose()
    {
        client.Dispose();
        listener.Close();
    }

    private (int, string) Signed(HttpListenerRequest request)
    {
        var at = DateTime.ParseExact(request.Headers["X-Amz-Date"]!, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal);
        return (at - ServerTime).Duration() < TimeSpan.FromMinutes(5)
            ? (200, """{"StreamNames":[],"HasMoreStreams":false}""")
            : (400, """{"__type":"InvalidSignatureException","message":"Signature expired: 20261123T120000Z is now earlier than 20261123T120100Z"}""");
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                var context = await listener.GetContextAsync();
                asked.Enqueue(context.Request.Headers["X-Amz-Target"] ?? "");
                await context.Request.InputStream.CopyToAsync(Stream.Null);
                var (status, body) = answer(context.Request);
                var bytes = Encoding.UTF8.GetBytes(body);
                context.Response.StatusCode = status;
                context.Response.ContentType = "application/x-amz-json-1.1";
                context.Response.Headers["Date"] = ServerTime.ToString("R", CultureInfo.InvariantCulture);
                context.Response.ContentLength64 = bytes.Length;
                await context.Response.OutputStream.WriteAsync(bytes);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
