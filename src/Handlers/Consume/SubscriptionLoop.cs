using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers;

/// <summary>
/// One membership of a group: an assignment for each lane that it is given, and the committer that makes their watermarks durable.
/// </summary>
internal sealed class SubscriptionLoop : IAsyncDisposable
{
    private readonly GroupHandlers group;
    private readonly ISubscription subscription;
    private readonly IPublisher publisher;
    private readonly IServiceProvider services;
    private readonly LaneParts parts;
    private readonly ConcurrentDictionary<Assignment, CatalogHandler> lanes = new(); // added by the assignment loop, removed by each lane's end
    private int begun;          // 1: it runs or has run, and leaves the group itself
    private Exception? failure; // the first one counts, whoever has it

    public SubscriptionLoop(GroupHandlers group, ISubscription subscription, IPublisher publisher, IServiceProvider services, LaneParts parts)
    {
        this.group = group;
        this.subscription = subscription;
        this.publisher = publisher;
        this.services = services;
        this.parts = parts;
    }

    public GroupHandlers Group => group;

    /// <summary>The lanes of now, each with its handler.</summary>
    public IReadOnlyList<KeyValuePair<Assignment, CatalogHandler>> Lanes => lanes.ToArray(); // ToArray is its own: it copies what there is at one moment

    /// <summary>Each topic has a lane here, and all that the lanes have is handled.</summary>
    public bool IsCaughtUp
    {
        get
        {
            var now = Lanes;
            return now.All(l => l.Key.IsCaughtUp) && group.Handlers.All(h => now.Any(l => l.Value == h));
        }
    }

    /// <summary>Runs until the plan stops it or it fails. Returns the first failure, when every lane has ended.</summary>
    public async Task<Exception?> RunAsync()
    {
        if (Interlocked.Exchange(ref begun, 1) != 0) return null; // disposed before it could begin
        using var committing = new CancellationTokenSource();
        var committer = parts.StartWork(() => CommitAsync(committing.Token)); // the last room of a message's life: Commit/Committer.cs
        var running = new List<Task>();
        try
        {
            await foreach (var lane in subscription.LanesAsync(parts.Stop.Intake))
            {
                running.RemoveAll(static task => task.IsCompleted);
                running.Add(Start(lane));
            }
        }
        catch (OperationCanceledException) when (parts.Stop.Intake.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            Fail(e);
        }

        await Task.WhenAll(running);
        committing.Cancel();
        await committer;
        await LeaveAsync();
        return failure;
    }

    /// <summary>Leaves the group where the host never came to run it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref begun, 1) == 0) await LeaveAsync();
    }

    private async ValueTask LeaveAsync()
    {
        try
        {
            await subscription.DisposeAsync().AsTask().WaitAsync(parts.LeaveLimit, parts.Time);
        }
        catch (TimeoutException)
        {
            Fail(new TransportException($"The transport did not leave group '{group.Group}' within {parts.LeaveLimit.TotalSeconds:0} s."));
        }
        catch (Exception e)
        {
            Fail(e);
        }

        parts.Stop.Close();
    }

    private Task Start(ILane lane)
    {
        var handler = group.Handlers.First(h => h.Settings.Topic == lane.Id.Topic);
        parts.Logger.LaneBegan(handler.Registration.Name, lane.Id, group.Group);
        var assignment = new Assignment(lane, For(handler, lane.Id), parts);
        lanes[assignment] = handler;
        return parts.StartWork(() => RunLaneAsync(assignment, handler));
    }

    private async Task RunLaneAsync(Assignment assignment, CatalogHandler handler)
    {
        Func<HandlerCounts> counts = () => assignment.Counts;
        handler.LaneBegan(counts);
        var error = await assignment.RunAsync();
        handler.LaneEnded(counts);
        lanes.TryRemove(assignment, out _);
        if (error is not null) Fail(error);
    }

    private LaneHandler For(CatalogHandler handler, LaneId lane)
    {
        var settings = handler.Settings;
        var site = new CallSite
        {
            Handler = handler.Registration.Name,
            Group = group.Group,
            Lane = lane,
            Publication = settings.PublishTo is { } topic ? new Publication(publisher, topic) : null,
        };
        var dispatcher = handler.Registration.Accept(new DispatcherParts(
            site, services.GetRequiredService<IServiceScopeFactory>(), handler.Singleton, settings.TimeLimit, parts.Time));
        return new(
            handler.Registration.Name, settings, dispatcher, Order.Of(settings.Ordering), new FailurePolicy(settings.OnInvalid, settings.OnFailure),
            OnLate: handler.OutcomeWasLate);
    }

    private async Task CommitAsync(CancellationToken ended)
    {
        try
        {
            await new Committer(() => lanes.Keys.Select(l => l.Commit), parts.Flusher, parts.Options.CommitInterval, parts.Time).RunAsync(ended);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>The first error ends the subscription; those that follow from it are only worth a line.</summary>
    private void Fail(Exception error)
    {
        if (Interlocked.CompareExchange(ref failure, error, null) is not null) parts.Logger.FailedToo(error, group.Group);
        else parts.Stop.Begin(parts.Options.StopBudget, parts.Options.DrainShare);
    }
}
