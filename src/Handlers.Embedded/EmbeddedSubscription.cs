using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Handlers.Embedded;

/// <summary>A topic as a subscription wants it.</summary>
internal sealed record TopicOfSubscription(Topic Topic, SubscribedTopic Wanted);

/// <summary>
/// A member of a group. What it holds changes on the writer, after a commit, or when its own clock says that its lease has
/// run out; so memory is never ahead of the file.
/// </summary>
internal sealed class EmbeddedSubscription : ISubscription
{
    private readonly EmbeddedTransport transport;
    private readonly SubscriptionRequest request;
    private readonly Channel<ILane> lanes = Channel.CreateUnbounded<ILane>();
    private readonly ConcurrentDictionary<long, EmbeddedLane> held = new(); // by partition
    private long renewedAt;
    private long version = -1;
    private int enumerated;
    private int failed; // 1: its lanes have ended with an error; nothing is renewed any more
    private volatile bool leaving; // takes no more lanes
    private volatile bool closed;
    private volatile bool roundWanted;
    private Task round = Task.CompletedTask; // the heartbeat's alone
    private readonly LifeLock life;
    private readonly LifeProbe probe;
    private readonly Trouble trouble;
    private volatile Exception? unrenewed; // why the last round failed; null: it did not
    private volatile bool joined; // a round of it was committed
    private volatile IReadOnlyList<string> others = []; // the group's other members, as the last round saw them

    public EmbeddedSubscription(EmbeddedTransport transport, SubscriptionRequest request, IReadOnlyList<Topic> topics)
    {
        this.transport = transport;
        this.request = request;
        Topics = [.. topics.Zip(request.Topics, (topic, wanted) => new TopicOfSubscription(topic, wanted))];
        MemberName = $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid():N}"[..^24];
        life = new LifeLock(Path, MemberName);
        probe = new LifeProbe(Path, transport.Time);
        trouble = new Trouble(transport.Time, transport.Options.LeaseTime);
        Watch = new MemberWatch(transport.Time, transport.Options.LeaseTime);
    }

    public string Group => request.Group;

    public string MemberName { get; }

    public IReadOnlyList<TopicOfSubscription> Topics { get; }

    public MemberWatch Watch { get; }

    public TimeProvider Time => transport.Time;

    public ILogger Log => transport.Log;

    public Ends Ends => transport.Ends;

    public Readers Readers => transport.Readers;

    public Writer Writer => transport.Writer;

    public string Path => transport.File.Path;

    public TimeSpan LeaseTime => transport.Options.LeaseTime;

    public TimeSpan PollInterval => transport.Options.PollInterval;

    public LostPosition OnLostPosition => transport.Options.OnLostPosition;

    /// <summary>Whether it takes no more lanes.</summary>
    public bool IsLeaving => leaving;

    public bool IsClosed => closed;

    /// <summary>How often this member was renewed. The rounds' alone.</summary>
    public long Counter { get; set; }

    /// <summary>The row of this member.</summary>
    public Member Member(long counter) =>
        new(MemberName, counter, transport.Options.LeaseTime, leaving ? [] : [.. Topics.Select(t => t.Topic.Id)]);

    /// <summary>Whether a member's process is gone for certain: its lease need not be waited for.</summary>
    public bool IsGone(string member) => life.Works && probe.IsGone(member);

    public EmbeddedLane? Held(long partition) => held.GetValueOrDefault(partition);

    public IEnumerable<EmbeddedLane> HeldLanes() => held.Values;

    public async IAsyncEnumerable<ILane> LanesAsync([EnumeratorCancellation] CancellationToken stop)
    {
        if (Interlocked.Exchange(ref enumerated, 1) != 0) throw new InvalidOperationException("The lanes of a subscription are enumerated once.");
        roundWanted = true;
        renewedAt = Time.GetTimestamp();
        transport.Heartbeat.Add(this);
        try
        {
            while (await MoreAsync(stop))
                while (!stop.IsCancellationRequested && lanes.Reader.TryRead(out var lane))
                    yield return lane;
        }
        finally
        {
            leaving = true;
            roundWanted = true;
            transport.Heartbeat.Wake();
            await ReleaseUnseenAsync();
        }
    }

    private async ValueTask<bool> MoreAsync(CancellationToken stop)
    {
        try
        {
            return await lanes.Reader.WaitToReadAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private async ValueTask ReleaseUnseenAsync()
    {
        lanes.Writer.TryComplete();
        while (lanes.Reader.TryRead(out var lane)) await lane.ReleaseAsync(LaneEnd.Stopped);
    }

    public async ValueTask FlushAsync(CancellationToken stop)
    {
        if (closed) return;
        LoseIfLate();
        if (!held.Values.Any(l => l.Uncommitted() is not null)) return;
        await Writer.WriteAsync(new Flush(this, Time.GetUtcNow().ToUnixTimeMilliseconds()), stop);
    }

    /// <summary>Whether the file is where it was, and can be read and written. Opened anew: a connection that is open goes on with a file that was moved or deleted.</summary>
    public ValueTask PingAsync(CancellationToken stop)
    {
        if (unrenewed is { } failure) throw new TransportException($"The lease of group '{Group}' was not renewed. {failure.Message}", failure) { IsTransient = true };
        using var database = transport.File.OpenToRead();
        if (Schema.IsMissing(database)) throw new TransportException($"The file '{Path}' is empty: another one stands where the log was. Bring the log back.");
        return default;
    }

    /// <summary>One beat: what time alone brings about, and a round where one is due. Rounds never overlap.</summary>
    public void Beat(long groupVersion)
    {
        if (closed || Volatile.Read(ref failed) != 0) return;
        LoseIfLate();
        foreach (var lane in held.Values)
            if (lane.IsOverdue(Time)) Lose(lane, "it was not released in time");
        if (!round.IsCompleted || trouble.Rests) return;
        var due = Time.GetElapsedTime(Volatile.Read(ref renewedAt)) >= transport.Options.LeaseTime / 4;
        if (due || roundWanted || groupVersion != Volatile.Read(ref version) || others.Any(IsGone)) round = RoundAsync();
    }

    private async Task RoundAsync()
    {
        roundWanted = false;
        try
        {
            await Writer.WriteAsync(new Round(this), CancellationToken.None);
        }
        catch (TransportException e) when (e.IsTransient)
        {
            roundWanted = true;
            unrenewed = e;
            if (trouble.Failed())
            {
                if (joined) EmbeddedLogs.RenewalFailed(Log, Group, e.Message);
                else EmbeddedLogs.JoinFailed(Log, Group, e.Message);
            }

            if (trouble.IsTooLong) Fail(GivenUp(e));
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private TransportException GivenUp(TransportException cause) => new(
        string.Create(CultureInfo.InvariantCulture, $"Group '{Group}' could not {(joined ? "renew its lease" : "be joined")} for {trouble.Length.TotalSeconds:0.#} s. {cause.Message}"), cause)
    {
        IsTransient = true,
    };

    /// <summary>By our own clock, before anything is written: a process that was suspended does not write as if nothing had been.</summary>
    private void LoseIfLate()
    {
        if (held.IsEmpty || Time.GetElapsedTime(Volatile.Read(ref renewedAt)) < transport.Options.LeaseTime) return;
        foreach (var lane in held.Values) Lose(lane, "its lease was not renewed in time");
    }

    public void Renewed(long at, long groupVersion, IReadOnlyList<string> otherMembers)
    {
        others = otherMembers;
        probe.Keep(otherMembers);
        joined = true;
        unrenewed = null;
        trouble.Over();
        Volatile.Write(ref renewedAt, at);
        Volatile.Write(ref version, groupVersion);
    }

    public void Lose(EmbeddedLane lane, string why)
    {
        if (!held.TryRemove(new KeyValuePair<long, EmbeddedLane>(lane.Partition, lane))) return;
        roundWanted = true;
        EmbeddedLogs.LaneLost(Log, Group, lane.Id, why);
        lane.Lose();
    }

    public void Revoke(EmbeddedLane lane)
    {
        var deadline = Time.GetUtcNow() + request.RevokeBudget;
        if (lane.Revoke(deadline, Time.GetTimestamp(), request.RevokeBudget)) EmbeddedLogs.LaneRevoked(Log, Group, lane.Id, deadline);
    }

    public void Yield(EmbeddedLane lane)
    {
        held[lane.Partition] = lane;
        EmbeddedLogs.LaneAssigned(Log, Group, lane.Id);
        // Closed meanwhile: the heartbeat's next round, or the end of the subscription, gives it back.
        if (!lanes.Writer.TryWrite(lane)) Lose(lane, "the subscription had ended");
    }

    public void Forget(EmbeddedLane lane) => held.TryRemove(new KeyValuePair<long, EmbeddedLane>(lane.Partition, lane));

    public async ValueTask ReleaseAsync(EmbeddedLane lane, LaneEnd end)
    {
        // A handler that stops does not want its lanes back at once: others may have them.
        if (end is LaneEnd.Stopped or LaneEnd.Finished) leaving = true;
        if (closed || Held(lane.Partition) != lane) return;
        await Writer.WriteAsync(new Release(this, lane), CancellationToken.None);
        roundWanted = true;
        transport.Heartbeat.Wake();
    }

    /// <summary>The transport cannot go on: the lanes end with this error.</summary>
    public void Fail(Exception error)
    {
        if (Interlocked.Exchange(ref failed, 1) != 0) return;
        EmbeddedLogs.SubscriptionFailed(Log, Group, error);
        var named = DatabaseErrors.Fault(Path, error);
        foreach (var lane in held.Values) lane.Fail(named);
        lanes.Writer.TryComplete(named);
    }

    public async ValueTask DisposeAsync()
    {
        if (closed) return;
        closed = true;
        leaving = true;
        transport.Heartbeat.Remove(this);
        lanes.Writer.TryComplete();
        foreach (var lane in held.Values) Lose(lane, "its subscription was closed");
        try
        {
            await Writer.WriteAsync(new Leave(this), CancellationToken.None);
        }
        catch (TransportException e)
        {
            // The others find out when the lease has run out.
            EmbeddedLogs.LeaveFailed(Log, Group, e);
        }

        life.Close();
    }

    /// <summary>Leaves nothing in order, as the end of the process would.</summary>
    public void Abandon() => life.Dispose();
}
