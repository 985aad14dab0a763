namespace Handlers;

/// <summary>
/// What the instruments of the meter <c>Handlers</c> say, without a collector: for a page or a text that is scraped. Injectable, one per host.
/// docs/telemetry.md lists every family.
/// </summary>
public sealed class HandlersMetrics
{
    private readonly Instruments instruments;

    internal HandlersMetrics(Instruments instruments) => this.instruments = instruments;

    /// <summary>
    /// Has durations kept from now on, and the counts of reads, sends and commits, though nobody listens to the meter. Call it before the host
    /// starts; what else is counted by handler, and the gauges, need no such call.
    /// </summary>
    public void Keep() => instruments.IsKept = true;

    /// <summary>
    /// Every family that has a series, ordered by name, as of now; those of the compatibility view too, where that is on. Any thread. Within one
    /// answer, series of one lane have the same list of labels, the same object.
    /// </summary>
    /// <param name="endedLanes">
    /// Also what lanes counted that have ended, as series without their partition: for who adds up lanes, so that counters only grow. Otherwise the
    /// series of a lane go with it.
    /// </param>
    public IReadOnlyList<MetricFamily> Read(bool endedLanes = false) => instruments.Read(endedLanes);

    /// <summary>One family by its name, as of now, and nothing of the others is read; null where it has no series. Any thread.</summary>
    public MetricFamily? Read(string name) => instruments.Read(name);
}
