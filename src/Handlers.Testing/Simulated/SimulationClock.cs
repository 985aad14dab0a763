namespace Handlers.Testing;

/// <summary>The time of a schedule, as one party sees it. It moves only when nothing is left to do.</summary>
internal sealed class SimulationClock(SimulatedParty party) : TimeProvider
{
    public static readonly DateTimeOffset Beginning = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp()
    {
        party.Thread.IsHere();
        return party.Thread.Now.Ticks;
    }

    public override DateTimeOffset GetUtcNow()
    {
        party.Thread.IsHere();
        return Beginning + party.Thread.Now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(party, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(SimulatedParty party, TimerCallback callback, object? state) : ITimer
    {
        private long version; // raised by each change: what was due before it counts no more
        private TimeSpan every;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            version++;
            every = period;
            if (dueTime >= TimeSpan.Zero) party.Thread.Schedule(new Due(party, Fire, this, version), dueTime);
            return true;
        }

        public void Dispose() => version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private static void Fire(object? timer, long version) => ((Timer)timer!).Fire(version);

        private void Fire(long scheduled)
        {
            if (scheduled != version) return;
            if (every > TimeSpan.Zero) party.Thread.Schedule(new Due(party, Fire, this, version), every);
            callback(state);
        }
    }
}
