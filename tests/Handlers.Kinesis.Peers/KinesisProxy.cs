using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Handlers.Kinesis.Peers;

/// <summary>
/// Stands in front of an emulator of Kinesis or DynamoDB, on a port of 127.0.0.1 of its own, and does to calls what the emulators cannot: throttles, breaks off,
/// holds, expires. What it shall do waits in a queue for each operation, the name of a request such as GetRecords; each call takes one from its queue, and passes
/// where there is none. Methods may be called at once, and while calls are under way.
/// </summary>
public sealed class KinesisProxy : IAsyncDisposable
{
    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly ProxyIterators iterators = new();
    private readonly ProxyPlan plan = new();
    private readonly ConcurrentDictionary<(string, string), bool> signers = new();
    private readonly Uri target;
    private readonly WebApplication application;

    private KinesisProxy(string target)
    {
        this.target = new Uri(target);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        application = builder.Build();
        application.Run(AnswerAsync);
    }

    /// <summary>The address, as clients take it: http://127.0.0.1:PORT.</summary>
    public string Endpoint => application.Urls.First();

    /// <summary>While true, every call's connection ends, as if the service could not be reached; a subscription's when its next event comes.</summary>
    public bool Down { get; set; }

    /// <param name="target">The emulator's address.</param>
    /// <param name="stop">Gives up starting.</param>
    public static async Task<KinesisProxy> StartAsync(string target, CancellationToken stop = default)
    {
        var proxy = new KinesisProxy(target);
        await proxy.application.StartAsync(stop);
        return proxy;
    }

    /// <summary>Who signed the calls that came: access keys, and the session tokens beside them, or nothing.</summary>
    public ICollection<(string AccessKey, string Token)> Signers => signers.Keys;

    /// <summary>How many calls of the operation came, whatever became of them.</summary>
    public int Calls(string operation) => plan.Calls(operation);

    /// <summary>The next calls are answered with this error, and do not reach the emulator.</summary>
    /// <param name="operation">Such as GetRecords.</param>
    /// <param name="code">Such as ProvisionedThroughputExceededException.</param>
    /// <param name="status">The status of HTTP: 400, or 500 and more where the service itself fails.</param>
    /// <param name="count">How many calls.</param>
    public void Fail(string operation, string code, int status = 400, int count = 1) => plan.Add(operation, new ProxyStep { Error = (code, status) }, count);

    /// <summary>The next calls are passed on so much later.</summary>
    public void Delay(string operation, TimeSpan time, int count = 1) => plan.Add(operation, new ProxyStep { Late = time }, count);

    /// <summary>The connections of the next calls end before the emulator hears of them.</summary>
    public void Drop(string operation, int count = 1) => plan.Add(operation, new ProxyStep { Drop = true }, count);

    /// <summary>The emulator does what the next calls ask, but their connections end instead of an answer.</summary>
    public void DropAnswer(string operation, int count = 1) => plan.Add(operation, new ProxyStep { DropAnswer = true }, count);

    /// <summary>The emulator does what the next calls ask, and their connections end in the middle of its answer.</summary>
    public void CutAnswer(string operation, int count = 1) => plan.Add(operation, new ProxyStep { CutAnswer = true }, count);

    /// <summary>The next call is held before the emulator hears of it, until it is released.</summary>
    public ProxyGate Hold(string operation)
    {
        var gate = new ProxyGate();
        plan.Add(operation, new ProxyStep { Gate = gate });
        return gate;
    }

    /// <summary>Of the next PutRecords, these records are not stored, and answered with this error; the others are.</summary>
    /// <param name="code">ProvisionedThroughputExceededException or InternalFailure.</param>
    /// <param name="records">Their places in the request, from 0; places beyond its end are nobody's.</param>
    public void FailRecords(string code, params int[] records) => plan.Add("PutRecords", new ProxyStep { Records = (code, records) });

    /// <summary>
    /// The next SubscribeToShard is answered here, with these events and their end: what no emulator shows, such as the last event of a shard, whose
    /// ChildShards tell that it is.
    /// </summary>
    /// <param name="events">As on the wire: Records (Data in base64), ContinuationSequenceNumber, MillisBehindLatest, ChildShards.</param>
    /// <param name="error">An error that comes after them, such as InternalFailureException.</param>
    public void AnswerSubscription(IEnumerable<JsonObject> events, string? error = null) => plan.Add("SubscribeToShard", new ProxyStep { Frames = ProxyFrames.Of(events, error) });

    /// <summary>Every iterator that was given up to now is answered with ExpiredIteratorException from now on.</summary>
    public void ExpireIterators() => iterators.Expire();

    /// <summary>Changes each answer of the operation that is no error, until it is given null.</summary>
    public void Rewrite(string operation, Action<JsonObject>? change) => plan.Rewrite(operation, change);

    /// <summary>Tells of each call of the operation that the emulator has answered: what was asked, and whether it was done. Any thread.</summary>
    public void Watch(string operation, Action<JsonObject, bool> see) => plan.Watch(operation, see);

    /// <summary>Ends what is held or under way.</summary>
    public async ValueTask DisposeAsync()
    {
        Down = true;
        plan.Release();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await application.StopAsync(now.Token);
        await application.DisposeAsync();
        client.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            var call = await ProxyCall.ReadAsync(context);
            signers.TryAdd(call.Signer, true);
            var step = plan.Take(call.Operation);
            if (step.Late is { } late) await Task.Delay(late, context.RequestAborted);
            if (step.Gate is { } gate) await gate.PassAsync(context.RequestAborted);
            if (step.Error is var (code, status)) await call.FailAsync(code, status);
            else if (call.Operation == "GetRecords" && iterators.IsExpired(call.Body)) await call.FailAsync("ExpiredIteratorException", 400);
            else if (step.Drop || Down) context.Abort();
            else if (step.Frames is { } frames) await call.AnswerAsync(frames, "application/vnd.amazon.eventstream");
            else await PassAsync(call, step);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException)
        {
            // The client went, or the emulator did: neither side is to hear more.
            context.Abort();
        }
    }

    private async Task PassAsync(ProxyCall call, ProxyStep step)
    {
        var records = step.Records is var (code, places) ? new ProxyRecords(call.Body, code, places) : null;
        if (records is { All: true })
        {
            await call.AnswerAsync(records.Answer("""{"Records":[],"FailedRecordCount":0}"""u8.ToArray()));
            return;
        }
        using var answer = await client.SendAsync(call.For(target, records?.Rest), HttpCompletionOption.ResponseHeadersRead, call.Aborted);
        plan.See(call.Operation, call.Body, answer.IsSuccessStatusCode);
        if (step.DropAnswer || Down)
        {
            await answer.Content.ReadAsByteArrayAsync(call.Aborted);
            call.Abort();
            return;
        }
        if (call.Operation == "SubscribeToShard")
        {
            await call.StreamAsync(answer, () => Down);
            return;
        }
        var body = await answer.Content.ReadAsByteArrayAsync(call.Aborted);
        var changed = answer.IsSuccessStatusCode ? plan.Rewritten(call.Operation, records?.Answer(body) ?? body) : body;
        if (step.CutAnswer)
        {
            await call.CutAsync(answer, changed);
            return;
        }
        if (answer.IsSuccessStatusCode) iterators.Given(call.Operation, changed);
        await call.AnswerAsync(answer, changed, whole: ReferenceEquals(changed, body));
    }
}
