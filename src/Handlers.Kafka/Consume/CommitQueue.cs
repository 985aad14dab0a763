using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// Commits whose answers come to a queue of the client's, which wakes whoever awaits them: a commit of each message costs what the round trip
/// costs, where a thread for blocking calls would add two switches of threads to it. Brokers that answered the last one at once are waited for, a
/// millisecond at most, since an await would cost more than that.
/// </summary>
/// <remarks>One commit at a time, each between seeks: the turn. Owned by the subscription, and closed before the client is.</remarks>
internal sealed class CommitQueue : IDisposable
{
    private const int Wait = 1; // ms

    private readonly Lock gate = new();
    private readonly SemaphoreSlim turn = new(1);
    private readonly Signal answered = new();
    private readonly TimeProvider time;
    private readonly nint client;
    private readonly nint queue;
    private GCHandle self;
    private bool quick = true; // the turn's: whether the last answer came within the wait
    private bool listens;      // the turn's: whether the queue calls back
    private bool closed; // guarded by gate, as every use of the queue

    public CommitQueue(SafeHandle client, TimeProvider time)
    {
        this.time = time;
        this.client = client.DangerousGetHandle();
        queue = NativeMethods.QueueNew(this.client);
        self = GCHandle.Alloc(answered);
    }

    /// <summary>Commits what is due when it is its turn, and tells the lanes. Null: all of it is durable. Not cancelled: what has begun ends by itself.</summary>
    /// <param name="toCommit">What is due.</param>
    /// <exception cref="TransportException">The subscription is closed.</exception>
    public async Task<KafkaException?> CommitAsync(Func<List<Due>> toCommit)
    {
        await turn.WaitAsync();
        try
        {
            var due = toCommit();
            if (due.Count == 0) return null;
            var began = time.GetTimestamp();
            if (Ask(due) is { } refused) return refused;
            var has = TryAnswer(due, quick ? Wait : 0, out var error);
            if (!has) Listen(true);
            while (!has)
            {
                var answer = answered.Next();
                has = TryAnswer(due, 0, out error);
                if (!has) await answer;
            }

            quick = time.GetElapsedTime(began).TotalMilliseconds < Wait;
            if (quick) Listen(false);
            return error;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Does something between commits, on a thread that may block.</summary>
    public T Between<T>(Func<T> work)
    {
        turn.Wait();
        try
        {
            return work();
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Completes when the commit is done that is under way, or when it took too long.</summary>
    public async Task WhenDoneAsync(TimeSpan most)
    {
        if (await turn.WaitAsync(most)) turn.Release();
    }

    /// <summary>A commit that is under way fails; the broker may have it.</summary>
    public unsafe void Dispose()
    {
        lock (gate)
        {
            if (closed) return;
            closed = true;
            NativeMethods.QueueCallBack(queue, null, 0);
            NativeMethods.QueueDestroy(queue);
            self.Free();
        }

        answered.Set();
    }

    /// <summary>
    /// Only who awaits an answer is called back: the queue calls under its lock, so one who waits in it would wake to find the lock taken, and
    /// sleep once more.
    /// </summary>
    private unsafe void Listen(bool on)
    {
        lock (gate)
        {
            if (closed || listens == on) return;
            listens = on;
            NativeMethods.QueueCallBack(queue, on ? &Signal.OnReadable : null, on ? GCHandle.ToIntPtr(self) : 0);
        }
    }

    private unsafe KafkaException? Ask(List<Due> due)
    {
        lock (gate)
        {
            ThrowIfClosed();
            var list = NativeMethods.PartitionsNew(due.Count);
            foreach (var (lane, offset) in due) NativeMethods.PartitionsAdd(list, lane.Partition.Topic, lane.Partition.Partition.Value)->Offset = offset;
            var error = NativeMethods.Commit(client, list, queue, &OnCommitted, 0);
            NativeMethods.PartitionsDestroy(list);
            return Failed(error);
        }
    }

    private unsafe bool TryAnswer(List<Due> due, int milliseconds, out KafkaException? error)
    {
        lock (gate)
        {
            ThrowIfClosed();
            error = null;
            var answer = NativeMethods.QueuePoll(queue, milliseconds);
            if (answer == 0) return false;
            error = Failed(NativeMethods.EventError(answer));
            if (error is null)
                foreach (var (lane, offset) in due)
                {
                    if (Failed(Find(NativeMethods.EventPartitions(answer), lane.Partition)) is { } its)
                        error ??= its;
                    else
                        lane.Committed(offset);
                }
            NativeMethods.EventDestroy(answer);
            return true;
        }
    }

    /// <summary>What became of one partition, of an answer that is not an error as a whole.</summary>
    private static unsafe int Find(NativePartitions* partitions, TopicPartition partition)
    {
        for (var i = 0; i < partitions->Count; i++)
        {
            ref readonly var item = ref partitions->Items[i];
            if (item.Partition == partition.Partition.Value && (partitions->Count == 1 || Marshal.PtrToStringUTF8((nint)item.Topic) == partition.Topic)) return item.Error;
        }

        return (int)ErrorCode.Local_Fail; // the client answers for every partition that it was asked to commit
    }

    private unsafe KafkaException? Failed(int error)
    {
        const int Room = 512;
        if (error != (int)ErrorCode.Local_Fatal) return error == 0 ? null : new KafkaException((ErrorCode)error);
        var why = stackalloc byte[Room];
        var code = NativeMethods.FatalError(client, why, Room); // what is behind it
        return new KafkaException(new Error((ErrorCode)code, Marshal.PtrToStringUTF8((nint)why), isFatal: true));
    }

    private void ThrowIfClosed()
    {
        if (closed) throw new TransportException("The subscription is closed.");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnCommitted(nint client, int error, nint offsets, nint state) { }
}

/// <summary>What a lane has to commit: the offset behind its last handled message.</summary>
internal readonly record struct Due(KafkaLane Lane, long Offset);
