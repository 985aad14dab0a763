namespace Handlers.Embedded.Tests;

public sealed class WriteAheadLogTests : EmbeddedTest
{
    private const long Most = 40 * 1024 * 1024;

    private long Length => new FileInfo(File + "-wal").Length;

    [Fact(Timeout = Limit)]
    public async Task It_does_not_grow_for_ever()
    {
        var transport = Transport();
        for (var i = 0; i < 60; i++)
        {
            await PublishAsync(transport, 0, 1, size: 1024 * 1024);
            Assert.InRange(Length, 0, Most);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task It_waits_for_a_long_reader_and_is_moved_over_behind_it()
    {
        var transport = Transport(o => o.BusyTimeout = TimeSpan.FromMilliseconds(50));
        await PublishAsync(transport, 0, 1);
        using (var tool = Database.Open(File, create: false, TimeSpan.FromSeconds(1)))
        {
            tool.Execute("BEGIN");
            tool.Number("SELECT count(*) FROM messages");
            for (var i = 0; i < 40; i++) await PublishAsync(transport, 0, 1, size: 1024 * 1024);
            Assert.InRange(Length, Most, 100 * 1024 * 1024);
        }

        for (var i = 0; i < 60; i++) await PublishAsync(transport, 0, 1, size: 1024 * 1024);
        Assert.InRange(Length, 0, Most);
    }
}
