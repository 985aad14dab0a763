using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kinesis.Tests;

/// <summary>Checkpoints on disk: what a crash, another process, rubbish and arXiv's consumer leave there.</summary>
public sealed class DiskCheckpointsTests : IDisposable
{
    private const string Sequence = "49590338271490256608559692538361571095921575989136588898";

    private static readonly ShardKey Key = new("search", "notifications", "shardId-000000000000");

    private readonly string folder = Directory.CreateTempSubdirectory("checkpoints-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task What_was_written_last_is_read_by_the_next_process()
    {
        foreach (var checkpoint in (ShardCheckpoint[])
            [new() { Handled = new Position(Sequence, 7) }, new() { StartAt = new(2026, 1, 31, 12, 0, 0, 500, TimeSpan.Zero) }, new() { Handled = new Position(Sequence, 0), IsFinished = true }, new()])
        {
            await using (var store = Open()) await store.WriteAsync(Key, checkpoint, Stop);
            await using var next = Open();
            Assert.Equal(checkpoint, await next.ReadAsync(Key, Stop));
        }
    }

    [Fact]
    public async Task Nothing_was_written_reads_as_null()
    {
        await using var store = Open();
        Assert.Null(await store.ReadAsync(Key, Stop));
    }

    [Fact]
    public async Task Groups_streams_and_shards_have_checkpoints_of_their_own_whatever_they_are_called()
    {
        await using var store = Open();
        ShardKey[] keys = [Key, Key with { Group = ".." }, Key with { Group = "a/b" }, Key with { Group = "." }, Key with { Stream = "other" }, Key with { Shard = "shardId-000000000001" }];
        for (var i = 0; i < keys.Length; i++) await store.WriteAsync(keys[i], new ShardCheckpoint { Handled = new Position(Sequence, i) }, Stop);
        for (var i = 0; i < keys.Length; i++) Assert.Equal(i, (await store.ReadAsync(keys[i], Stop))!.Handled!.Value.Number);
        Assert.All(keys, k => Assert.StartsWith(folder + Path.DirectorySeparatorChar, Path.GetFullPath(store.PathOf(k)), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_is_cut_off_at_any_byte_is_an_error_and_never_a_beginning()
    {
        byte[] whole;
        await using (var store = Open())
        {
            await store.WriteAsync(Key, new ShardCheckpoint { Handled = new Position(Sequence, 12) }, Stop);
            whole = await File.ReadAllBytesAsync(store.PathOf(Key), Stop);
        }

        for (var length = 0; length < whole.Length - 1; length++) // the last byte is the end of the line
        {
            await using var store = Open();
            await File.WriteAllBytesAsync(store.PathOf(Key), whole[..length], Stop);
            var error = await Assert.ThrowsAsync<TransportException>(async () => await store.ReadAsync(Key, Stop));
            Assert.Contains(store.PathOf(Key), error.Message, StringComparison.Ordinal);
            Assert.False(error.IsTransient);
            Assert.Equal(TransportErrorKind.Positions, error.Kind);
        }
    }

    [Fact]
    public async Task A_damaged_file_beside_one_of_arxivs_consumer_names_that_too_as_deleting_it_alone_would_go_back_there()
    {
        var former = Path.Combine(folder, $"{Key.Stream}__{Key.Shard}.json");
        await using var store = Open();
        await store.WriteAsync(Key, new ShardCheckpoint(), Stop);
        await File.WriteAllTextAsync(store.PathOf(Key), "{", Stop);
        Assert.DoesNotContain(former, (await Assert.ThrowsAsync<TransportException>(async () => await store.ReadAsync(Key, Stop))).Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(former, Sequence, Stop);
        Assert.Contains(former, (await Assert.ThrowsAsync<TransportException>(async () => await store.ReadAsync(Key, Stop))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folders_that_are_made_are_flushed_into_the_ones_that_hold_them_before_a_checkpoint_counts()
    {
        var flushed = new List<string>();
        var below = Path.Combine(folder, "made", "here");
        await using var store = new DiskCheckpoints(below, NullLogger.Instance) { Flush = flushed.Add };
        await store.WriteAsync(Key, new ShardCheckpoint(), Stop);
        Assert.Equal([folder, Path.Combine(folder, "made"), below, Path.GetDirectoryName(store.PathOf(Key))!], flushed);
    }

    [Fact]
    public async Task A_crash_before_the_new_file_is_in_place_leaves_the_one_before()
    {
        await using var store = Open();
        await store.WriteAsync(Key, new ShardCheckpoint { Handled = new Position(Sequence, 1) }, Stop);
        await File.WriteAllTextAsync(store.PathOf(Key) + ".new", "{\"version\":1,\"seq", Stop); // as a crash leaves it
        Assert.Equal(1, (await store.ReadAsync(Key, Stop))!.Handled!.Value.Number);
        await store.WriteAsync(Key, new ShardCheckpoint { Handled = new Position(Sequence, 2) }, Stop);
        Assert.Equal(2, (await store.ReadAsync(Key, Stop))!.Handled!.Value.Number);
    }

    [Fact]
    public async Task The_file_of_arxivs_consumer_is_taken_over_as_it_is()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, $"{Key.Stream}__{Key.Shard}.json"), Sequence, Stop);
        await using var store = Open();
        // All of the record is handled: that consumer knew no aggregates.
        Assert.Equal(new Position(Sequence, long.MaxValue), (await store.ReadAsync(Key, Stop))!.Handled);
        await store.WriteAsync(Key, new ShardCheckpoint { Handled = new Position(Sequence, 3) }, Stop);
        Assert.Equal(new Position(Sequence, 3), (await store.ReadAsync(Key, Stop))!.Handled);
        Assert.Equal(Sequence, await File.ReadAllTextAsync(Path.Combine(folder, $"{Key.Stream}__{Key.Shard}.json"), Stop));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("null", "no sequence number")]
    [InlineData("{}", "no sequence number")]
    [InlineData("49x", "no sequence number")]
    public async Task A_file_of_arxivs_consumer_without_a_position_is_an_error_that_says_what_to_do(string text, string what)
    {
        var path = Path.Combine(folder, $"{Key.Stream}__{Key.Shard}.json");
        await File.WriteAllTextAsync(path, text, Stop);
        await using var store = Open();
        var error = await Assert.ThrowsAsync<TransportException>(async () => await store.ReadAsync(Key, Stop));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
        Assert.Contains("delete the file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_a_later_version_is_an_error_that_names_the_version()
    {
        await using var store = Open();
        await store.WriteAsync(Key, new ShardCheckpoint(), Stop);
        await File.WriteAllTextAsync(store.PathOf(Key), "{\"version\":2,\"place\":\"x\"}", Encoding.UTF8, Stop);
        var error = await Assert.ThrowsAsync<TransportException>(async () => await store.ReadAsync(Key, Stop));
        Assert.Contains("version 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_process_of_the_group_is_refused_and_another_group_is_not()
    {
        await using var first = Open();
        await first.WriteAsync(Key, new ShardCheckpoint(), Stop);
        await using (var second = Open())
        {
            var error = await Assert.ThrowsAsync<TransportException>(async () => await second.ReadAsync(Key, Stop));
            Assert.Contains("another process", error.Message, StringComparison.Ordinal);
            Assert.Contains("Leases", error.Message, StringComparison.Ordinal);
            Assert.Equal(TransportErrorKind.Positions, error.Kind);
            await second.WriteAsync(Key with { Group = "audit" }, new ShardCheckpoint(), Stop);
            await first.DisposeAsync();
            Assert.NotNull(await second.ReadAsync(Key, Stop)); // the first has ended
        }
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_an_error_that_names_it()
    {
        var file = Path.Combine(folder, "file");
        await File.WriteAllTextAsync(file, "", Stop);
        await using var store = new DiskCheckpoints(file, NullLogger.Instance);
        var error = await Assert.ThrowsAsync<TransportException>(async () => await store.WriteAsync(Key, new ShardCheckpoint(), Stop));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Equal(TransportErrorKind.Positions, error.Kind);
    }

    private DiskCheckpoints Open() => new(folder, NullLogger.Instance);
}
