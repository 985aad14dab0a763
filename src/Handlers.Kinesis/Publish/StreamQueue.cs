using Amazon.Kinesis.Model;

namespace Handlers.Kinesis;

/// <summary>
/// The records on their way to one stream. Of each key one is sent at a time, and the next of that key waits until it is acknowledged: so order per
/// key holds, whatever is refused and sent again. What comes while requests are under way goes together into the next.
/// </summary>
/// <remarks>Nothing runs while there is nothing to send: whoever adds a record starts the sending.</remarks>
internal sealed class StreamQueue(string stream, PublishParts parts, CancellationToken closing)
{
    /// <summary>The most requests under way at a time.</summary>
    private const int Requests = 4;

    private readonly Lock gate = new();
    private readonly Dictionary<string, PutEntry> last = new(StringComparer.Ordinal); // of each key that has any, by arrival; guarded by gate
    private readonly Queue<PutEntry> ready = new();                                 // the first of each key, while it is not under way; guarded by gate
    private TaskCompletionSource? idle;                                             // guarded by gate
    private int sending;                                                            // requests; guarded by gate
    private bool isSending;                                                         // a thread is in Send; guarded by gate
    private bool sendsAgain;                                                        // and is to look again; guarded by gate

    public void Add(IReadOnlyList<PutEntry> entries)
    {
        lock (gate)
        {
            foreach (var entry in entries)
            {
                if (last.TryGetValue(entry.Key, out var before)) before.Next = entry;
                else ready.Enqueue(entry);
                last[entry.Key] = entry;
            }
        }

        Send();
    }

    /// <summary>Completes when nothing is on its way.</summary>
    public Task IdleAsync()
    {
        lock (gate)
        {
            if (last.Count == 0) return Task.CompletedTask;
            idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return idle.Task;
        }
    }

    /// <summary>Sends what may be sent. One thread at a time: who comes meanwhile, a request that ended at once too, leaves it to that one.</summary>
    private void Send()
    {
        lock (gate)
        {
            sendsAgain = isSending;
            if (isSending) return;
            isSending = true;
        }

        while (true)
        {
            while (Request() is { } request) _ = SendAsync(request);
            lock (gate)
            {
                isSending = sendsAgain;
                if (!sendsAgain) return;
                sendsAgain = false;
            }
        }
    }

    /// <summary>What is sent next; null: nothing, or enough is under way.</summary>
    private List<PutEntry>? Request()
    {
        lock (gate)
        {
            if (sending == Requests) return null;
            List<PutEntry> request = [];
            long bytes = 0;
            while (request.Count < parts.RequestRecords && ready.TryPeek(out var entry))
            {
                if (!entry.Call.IsOver)
                {
                    if (request.Count > 0 && (entry.IsAlone || bytes + entry.Bytes > parts.RequestBytes)) break;
                    request.Add(entry);
                    bytes += entry.Bytes;
                }
                else
                {
                    Remove(entry);
                }

                ready.Dequeue();
                if (entry.IsAlone && request.Count > 0) break;
            }

            if (request.Count == 0) return null;
            sending++;
            return request;
        }
    }

    private async Task SendAsync(List<PutEntry> request)
    {
        try
        {
            var answer = await parts.Calls.PutOnceAsync(
                new PutRecordsRequest { StreamName = stream, Records = [.. request.Select(static e => e.ToRequest())] }, closing);
            Settle(request, answer.Records ?? []);
        }
        catch (Exception e)
        {
            await RefusedAsync(request, e);
        }
        finally
        {
            lock (gate) sending--;
        }

        Send();
    }

    private void Settle(List<PutEntry> request, List<PutRecordsResultEntry> results)
    {
        List<PutEntry>? again = null;
        var pause = TimeSpan.Zero;
        for (var i = 0; i < request.Count; i++)
        {
            var entry = request[i];
            // An answer that says nothing of a record says nothing good of it.
            var result = i < results.Count ? results[i] : new PutRecordsResultEntry { ErrorCode = "InternalFailure", ErrorMessage = "The answer lacks this record." };
            if (string.IsNullOrEmpty(result.ErrorCode))
            {
                entry.Call.Acknowledged();
                Done(entry);
                continue;
            }

            var kind = KinesisErrors.KindOf(result.ErrorCode) is KinesisErrorKind.Throttled ? KinesisErrorKind.Throttled : KinesisErrorKind.Unavailable;
            if (kind == KinesisErrorKind.Throttled) parts.Calls.WasThrottled();
            if (TryAgain(entry, result.ErrorCode, result.ErrorMessage, kind) is not { } wait) continue;
            (again ??= []).Add(entry);
            if (wait > pause) pause = wait;
        }

        if (again is not null) _ = AgainAsync(again, request.Count, pause);
    }

    /// <summary>The request failed as a whole.</summary>
    private async Task RefusedAsync(List<PutEntry> request, Exception e)
    {
        var kind = parts.Calls.KindOf(e);
        if (kind == KinesisErrorKind.Throttled) parts.Calls.WasThrottled();
        if (kind is KinesisErrorKind.Throttled or KinesisErrorKind.Unavailable or KinesisErrorKind.Uncertain && !closing.IsCancellationRequested)
        {
            List<PutEntry> again = [];
            var pause = TimeSpan.Zero;
            foreach (var entry in request)
            {
                if (TryAgain(entry, KinesisErrors.Code(e), KinesisErrors.Text(e), kind) is not { } wait) continue;
                again.Add(entry);
                if (wait > pause) pause = wait;
            }

            if (again.Count > 0) _ = AgainAsync(again, request.Count, pause);
        }
        else if (kind == KinesisErrorKind.Invalid && request.Count > 1)
        {
            // One of them is refused, and the others need not be: each for itself.
            foreach (var entry in request) entry.IsAlone = true;
            Ready(request);
        }
        else
        {
            var error = closing.IsCancellationRequested ? Closed() : KinesisErrors.Of(e, new KinesisCall("PutRecords", stream));
            if (kind == KinesisErrorKind.Missing) error = await HintedAsync(error);
            foreach (var entry in request)
            {
                entry.Call.Failed(error);
                Done(entry);
            }
        }
    }

    private async Task<TransportException> HintedAsync(TransportException error)
    {
        try
        {
            return await parts.Streams.MissingAsync(stream, error, closing);
        }
        catch (OperationCanceledException)
        {
            return error;
        }
    }

    /// <summary>How long to wait before it is sent again; null where its call is over.</summary>
    private TimeSpan? TryAgain(PutEntry entry, string code, string? message, KinesisErrorKind kind)
    {
        if (entry.Failed(code, kind, () => parts.Calls.Tries()) is { } pause && !entry.Call.IsOver) return pause;
        entry.Call.Failed(new TransportException($"Publishing to stream '{stream}' failed: a record was sent {entry.Made} times and never taken. The first error was {entry.FirstError}, the last {code}: {message}") { IsTransient = true });
        Done(entry);
        return null;
    }

    private async Task AgainAsync(List<PutEntry> entries, int count, TimeSpan pause)
    {
        KinesisLogs.PutAgain(parts.Calls.Log, stream, entries.Count, count, entries[0].FirstError!, pause);
        await Task.Delay(pause, parts.Calls.Time, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (closing.IsCancellationRequested)
        {
            foreach (var entry in entries) entry.Call.Failed(Closed());
        }

        Ready(entries);
        Send();
    }

    private void Ready(List<PutEntry> entries)
    {
        lock (gate)
        {
            foreach (var entry in entries) ready.Enqueue(entry);
        }
    }

    private void Done(PutEntry entry)
    {
        lock (gate) Remove(entry);
    }

    /// <summary>It is the first of its key; the next of that key takes its place. Under gate.</summary>
    private void Remove(PutEntry entry)
    {
        if (entry.Next is { } next) ready.Enqueue(next);
        else last.Remove(entry.Key);
        if (last.Count == 0) idle?.TrySetResult();
    }

    private TransportException Closed() => new($"Publishing to stream '{stream}' was cut short: the transport is closed.");
}

/// <summary>What all queues of a publisher share.</summary>
/// <param name="Calls">The service.</param>
/// <param name="Streams">For the name of a stream that is not there.</param>
/// <param name="RequestRecords">The most records of a request.</param>
/// <param name="RequestBytes">The most bytes of its data and keys.</param>
internal sealed record PublishParts(KinesisCalls Calls, KinesisStreams Streams, int RequestRecords, long RequestBytes);
