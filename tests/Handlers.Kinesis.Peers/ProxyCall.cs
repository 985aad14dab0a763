using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Handlers.Kinesis.Peers;

/// <summary>One request to the proxy, and its answer.</summary>
internal sealed class ProxyCall
{
    /// <summary>Of one connection, or of a body that may have changed.</summary>
    private static readonly HashSet<string> Own = new(["Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Transfer-Encoding"], StringComparer.OrdinalIgnoreCase);

    private readonly HttpContext context;

    private ProxyCall(HttpContext context, byte[] body) => (this.context, Body) = (context, body);

    public CancellationToken Aborted => context.RequestAborted;

    public byte[] Body { get; }

    /// <summary>The name after the service's, as in Kinesis_20131202.GetRecords.</summary>
    public string Operation => context.Request.Headers["X-Amz-Target"].ToString().Split('.')[^1];

    /// <summary>The access key, as in Credential=KEY/DATE/REGION/SERVICE/aws4_request, and the session token.</summary>
    public (string AccessKey, string Token) Signer => (
        context.Request.Headers.Authorization.ToString().Split("Credential=")[^1].Split('/')[0], context.Request.Headers["X-Amz-Security-Token"].ToString());

    public static async Task<ProxyCall> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return new ProxyCall(context, body.ToArray());
    }

    public static byte[] Changed(byte[] body, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(body)!.AsObject();
        change(json);
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    public void Abort() => context.Abort();

    /// <param name="target">The emulator's address.</param>
    /// <param name="body">Null: as it came.</param>
    public HttpRequestMessage For(Uri target, byte[]? body)
    {
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(target, context.Request.Path)) { Content = new ByteArrayContent(body ?? Body) };
        foreach (var (name, values) in context.Request.Headers.Where(h => !Own.Contains(h.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable())) request.Content.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }
        return request;
    }

    /// <summary>The proxy's own answer.</summary>
    public async Task FailAsync(string code, int status)
    {
        context.Response.StatusCode = status;
        await AnswerAsync(Encoding.UTF8.GetBytes(new JsonObject { ["__type"] = code, ["message"] = "As the test wants it." }.ToJsonString()));
    }

    public async Task AnswerAsync(byte[] body, string type = "application/x-amz-json-1.1")
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        context.Response.Headers["x-amzn-RequestId"] = "proxy";
        await context.Response.Body.WriteAsync(body, Aborted);
    }

    /// <param name="answer">The emulator's.</param>
    /// <param name="body">What it says.</param>
    /// <param name="whole">Whether that is what the emulator said: a checksum of it holds then.</param>
    public async Task AnswerAsync(HttpResponseMessage answer, byte[] body, bool whole)
    {
        Head(answer, whole);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, Aborted);
    }

    /// <summary>The head says how long it is, and half of it comes.</summary>
    public async Task CutAsync(HttpResponseMessage answer, byte[] body)
    {
        Head(answer, whole: true);
        context.Response.ContentLength = Math.Max(1, body.Length); // of nothing, nothing would be missing
        await context.Response.StartAsync(Aborted);
        await context.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), Aborted);
        await context.Response.Body.FlushAsync(Aborted);
        Abort();
    }

    /// <summary>As it comes, until it ends or is to break off.</summary>
    public async Task StreamAsync(HttpResponseMessage answer, Func<bool> broken)
    {
        Head(answer, whole: true);
        await context.Response.StartAsync(Aborted);
        using var body = await answer.Content.ReadAsStreamAsync(Aborted);
        var buffer = new byte[16 * 1024];
        while (await body.ReadAsync(buffer, Aborted) is var length and > 0)
        {
            if (broken())
            {
                Abort();
                return;
            }
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, length), Aborted);
            await context.Response.Body.FlushAsync(Aborted);
        }
    }

    private void Head(HttpResponseMessage answer, bool whole)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        HttpHeaders[] all = [answer.Headers, answer.Content.Headers];
        foreach (var (name, values) in all.SelectMany(headers => headers))
        {
            if (!Own.Contains(name) && (whole || !name.Equals("x-amz-crc32", StringComparison.OrdinalIgnoreCase))) context.Response.Headers[name] = values.ToArray();
        }
    }
}
