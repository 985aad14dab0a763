using System.Text;

namespace Handlers.Kinesis.Tests;

/// <summary>The service in memory, under a clock that moves when it is waited for.</summary>
public abstract class KinesisUnitTest
{
    private protected AutoClock Clock { get; } = new();

    private protected FakeKinesis Service { get; }

    private protected ReadLogged Log { get; } = new();

    private protected KinesisOptions Options { get; } = new();

    protected KinesisUnitTest() => Service = new FakeKinesis(Clock);

    // The largest jitter, so that pauses are exact.
    private protected KinesisCalls Calls => field ??= new KinesisCalls(Service, Options.Retry, Clock, Log, random: static () => 1);

    private protected KinesisStreams Streams => field ??= new KinesisStreams(Calls);

    protected static async Task UntilAsync(Func<bool> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(20)) throw new TimeoutException("The condition does not come to hold.");
            await Task.Delay(1, CancellationToken.None);
        }
    }

    protected static string Text(Bytes body) => Encoding.UTF8.GetString(body.Span);

    protected static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
