using System.Text;
using Amazon.Kinesis.Model;
using Microsoft.Extensions.Configuration;

namespace Handlers.Kinesis.Tests;

/// <summary>Streams that were made for records of more than 1 MiB.</summary>
public sealed class RecordBytesTests : KinesisUnitTest
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public async Task A_record_may_be_as_large_as_the_stream_allows()
    {
        Service.Add("s");
        await using (var publisher = new KinesisPublisher(Calls, Streams, Options))
        {
            var e = await Assert.ThrowsAsync<TransportException>(async () => await publisher.PublishAsync(Message(2 * MiB)));
            Assert.True(e.IsRefused);
            Assert.Contains("RecordBytes", e.Message, StringComparison.Ordinal);
        }

        Options.RecordBytes = 8 * MiB;
        await using (var publisher = new KinesisPublisher(Calls, Streams, Options))
        {
            await publisher.PublishAsync([Message(7 * MiB), Message(2 * MiB)]);
            await Assert.ThrowsAsync<TransportException>(async () => await publisher.PublishAsync(Message(8 * MiB)));
        }

        Assert.Equal([7 * MiB, 2 * MiB], Service.Shard.Records.Select(static r => (int)r.Data.Length));
    }

    [Fact]
    public async Task Aggregates_stay_as_other_readers_know_them()
    {
        Options.RecordBytes = 8 * MiB;
        Options.Aggregate = true;
        Service.Add("s");
        await using var publisher = new KinesisPublisher(Calls, Streams, Options);
        await publisher.PublishAsync([.. Enumerable.Range(0, 5).Select(static _ => Message(400 * 1024)), Message(3 * MiB)]);
        var sizes = Service.Shard.Records.Select(static r => r.Data.Length).ToList();
        Assert.Equal(4, sizes.Count); // two and two and one, and the large one by itself
        Assert.Equal(3 * MiB, sizes[^1]);
        Assert.All(sizes.SkipLast(1), static s => Assert.InRange(s, 1, MiB));
    }

    [Fact]
    public void It_is_an_option_within_the_service_s_limits()
    {
        Assert.Equal(MiB, new KinesisOptions().RecordBytes);
        var configured = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Kinesis:RecordBytes"] = "10485760" }).Build();
        Assert.Equal(10 * MiB, KinesisConfiguration.Read(configured.GetSection("Kinesis")).RecordBytes);
        foreach (var wrong in new[] { 1023, (10 * MiB) + 1 })
            Assert.Contains("RecordBytes", Assert.Throws<HandlersConfigurationException>(() => KinesisOptionsCheck.Check(new KinesisOptions { RecordBytes = wrong })).Message, StringComparison.Ordinal);
        KinesisOptionsCheck.Check(new KinesisOptions { RecordBytes = 10 * MiB });
    }

    private static OutgoingMessage Message(int bytes) => new() { Topic = "s", Key = Encoding.UTF8.GetBytes("k"), Body = new byte[bytes] };
}
