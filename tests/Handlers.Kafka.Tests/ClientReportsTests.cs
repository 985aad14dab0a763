using Confluent.Kafka;
using Handlers.Testing;

namespace Handlers.Kafka.Tests;

/// <summary>A broker that is away is reported several times a second, and logged once in half a minute.</summary>
public sealed class ClientReportsTests : IDisposable
{
    private readonly LogLines log = new();
    private readonly FakeClock clock = new();
    private readonly ClientReports reports;

    public ClientReportsTests() => reports = new ClientReports(log, clock);

    public void Dispose() => log.Dispose();

    [Fact]
    public void What_is_like_a_line_of_the_last_half_minute_is_counted_only()
    {
        for (var i = 0; i < 100; i++)
        {
            Refuse($"localhost:9092/bootstrap: Connect failed: Connection refused (after {i}ms in state CONNECT)");
            clock.Advance(TimeSpan.FromMilliseconds(299));
        }

        Assert.Equal(["group: Local_Transport: localhost:9092/bootstrap: Connect failed: Connection refused (after 0ms in state CONNECT)"], log.Warnings);
        clock.Advance(TimeSpan.FromSeconds(1));
        Refuse("localhost:9092/bootstrap: Connect failed: Connection refused (after 100ms in state CONNECT)");
        Assert.Equal("group: Local_Transport: localhost:9092/bootstrap: Connect failed: Connection refused (after 100ms in state CONNECT) (and 99 more like it since the last such line)", log.Warnings[^1]);
        clock.Advance(ClientReports.Quiet);
        Refuse("localhost:9092/bootstrap: Connect failed");
        Assert.Equal("group: Local_Transport: localhost:9092/bootstrap: Connect failed", log.Warnings[^1]);
    }

    [Fact]
    public void Another_broker_another_error_and_another_client_are_said_at_once()
    {
        Refuse("one:9092/1: Connect failed");
        Refuse("two:9092/2: Connect failed");
        reports.Report("group", new Error(ErrorCode.Local_AllBrokersDown, "2/2 brokers are down"));
        reports.Report("other", new Error(ErrorCode.Local_Transport, "one:9092/1: Connect failed"));
        reports.Report("group", new LogMessage("client", SyslogLevel.Error, "FAIL", "[thrd:one]: Connect failed"));
        Assert.Equal(5, log.Warnings.Count);
    }

    [Fact]
    public void What_was_asked_for_is_never_left_out()
    {
        for (var i = 0; i < 3; i++) reports.Report("group", new LogMessage("client", SyslogLevel.Info, "FETCH", "[thrd:one]: fetched"));
        Assert.Equal(3, log.ToString().Split('\n').Length);
    }

    private void Refuse(string reason) => reports.Report("group", new Error(ErrorCode.Local_Transport, reason));
}
