using Microsoft.Extensions.Options;

namespace Handlers;

/// <summary>
/// The three questions that an orchestrator asks of a process. Injectable, one per host. Green means consuming, not connected: what is asked is whether
/// messages come to their outcomes.
/// </summary>
public sealed class HandlersLights
{
    private readonly HandlersStatus status;
    private readonly HandlersRuntime runtime;
    private readonly IOptions<HandlersOptions> options;
    private readonly Pings pings;
    private volatile bool hasComeUp;

    internal HandlersLights(HandlersStatus status, HandlersRuntime runtime, IOptions<HandlersOptions> options, TimeProvider time)
    {
        this.status = status;
        this.runtime = runtime;
        this.options = options;
        pings = new Pings(time);
    }

    /// <summary>
    /// Answers one of them. Asks brokers where the question needs it (not for <see cref="HealthLight.Live"/>), each within 3 s, and keeps what they answered for
    /// 2 s: so it may be asked often. Never throws for what is wrong; <see cref="OperationCanceledException"/> where <paramref name="stop"/> fires.
    /// </summary>
    public async ValueTask<LightStatus> LookAsync(HealthLight light, CancellationToken stop = default)
    {
        if (light == HealthLight.Startup && hasComeUp) return new LightStatus(light, LightColor.Green, []);
        var answers = light == HealthLight.Live || !runtime.HasStarted || runtime.IsStopping ? [] : await pings.AskAsync([.. runtime.Subscriptions.Where(static s => !s.HasEnded)], stop);
        var look = new LightLook(status.Handlers, status.Failures, options.Value) { HasStarted = runtime.HasStarted, IsStopping = runtime.IsStopping, Pings = answers };
        var troubles = (light switch
        {
            HealthLight.Startup => StartupLight.Of(look),
            HealthLight.Live => LiveLight.Of(look),
            _ => ReadyLight.Of(look),
        }).OrderByDescending(static t => t.Color).ToList();
        if (light == HealthLight.Startup && troubles.Count == 0) hasComeUp = true;
        return new LightStatus(light, troubles is [var worst, ..] ? worst.Color : LightColor.Green, troubles);
    }
}

/// <summary>The questions.</summary>
public enum HealthLight
{
    /// <summary>Has it come up? Green once, green for ever.</summary>
    Startup,

    /// <summary>Is it consuming?</summary>
    Ready,

    /// <summary>Would a restart help? Red where only that does.</summary>
    Live,
}

/// <summary>The answers.</summary>
public enum LightColor
{
    /// <summary>Yes.</summary>
    Green,

    /// <summary>Yes, and somebody should look.</summary>
    Yellow,

    /// <summary>No.</summary>
    Red,
}

/// <summary>One answer.</summary>
/// <param name="Light">The question.</param>
/// <param name="Color">The worst of its troubles.</param>
/// <param name="Troubles">Why it is not green, the worst first.</param>
public sealed record LightStatus(HealthLight Light, LightColor Color, IReadOnlyList<Trouble> Troubles);

/// <summary>One thing that is wrong.</summary>
/// <param name="Color">How bad it is.</param>
/// <param name="Kind">What it is, in one word that stays: <c>hung</c>, <c>starved</c>, <c>broker-away</c>; docs/health.md lists them.</param>
/// <param name="Text">A sentence that names handler, lane, position and age where there are any. Never a key or a body.</param>
public sealed record Trouble(LightColor Color, string Kind, string Text)
{
    /// <summary>The handler that it concerns.</summary>
    public string? Handler { get; init; }

    /// <summary>The lane that it concerns.</summary>
    public LaneId? Lane { get; init; }

    /// <summary>The message that it concerns.</summary>
    public Position? Position { get; init; }

    /// <summary>For how long it has been so.</summary>
    public TimeSpan? Age { get; init; }
}
