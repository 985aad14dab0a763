namespace Handlers.Embedded.Tests;

public sealed class EmbeddedReaderTests : EmbeddedTest
{
    [Fact(Timeout = Limit)]
    public async Task What_retention_deleted_is_passed_over()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 20, size: 100);
        await using var before = await transport.Reader.OpenAsync("topic", "0", StartPosition.Earliest, CancellationToken.None);
        Assert.Equal([1, 2], (await ReadAsync(before, 2)).Select(p => p.Number));
        await transport.Writer.WriteAsync(new Retain(1, null, 10 * 101), CancellationToken.None);
        Assert.Equal([11, 12], (await ReadAsync(before, 2)).Select(p => p.Number));
        await using var after = await transport.Reader.OpenAsync("topic", "0", StartPosition.Including(new Position(3)), CancellationToken.None);
        Assert.Equal([11], (await ReadAsync(after, 1)).Select(p => p.Number));
        var lane = Assert.Single(await transport.Reader.LanesAsync("topic", CancellationToken.None));
        Assert.Equal((new Position(11), new Position(20), 10), (lane.First, lane.Last, lane.Messages));
    }

    [Fact(Timeout = Limit)]
    public async Task A_folder_without_a_log_is_an_error_and_stays_as_it_is()
    {
        var reader = Transport().Reader;
        var error = await Assert.ThrowsAsync<TransportException>(async () => await reader.TopicsAsync(CancellationToken.None));
        Assert.Contains(File, error.Message, StringComparison.Ordinal);
        Assert.Equal(TransportErrorKind.Topic, error.Kind);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder));
    }

    [Fact(Timeout = Limit)]
    public async Task An_empty_file_is_left_empty()
    {
        await System.IO.File.WriteAllBytesAsync(File, []);
        await Assert.ThrowsAsync<TransportException>(async () => await Transport().Reader.TopicsAsync(CancellationToken.None));
        Assert.Equal(0, new FileInfo(File).Length);
    }

    private static async Task<List<Position>> ReadAsync(ILaneReader lane, int count)
    {
        var batch = new MessageBatch(count, 1_000_000);
        Assert.Equal(LaneRead.Messages, await lane.ReadAsync(batch, CancellationToken.None));
        return [.. batch.Messages.ToArray().Select(m => m.Position)];
    }
}
