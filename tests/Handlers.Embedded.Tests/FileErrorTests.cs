namespace Handlers.Embedded.Tests;

/// <summary>A file that is damaged, foreign, locked, full or out of reach: the error names it, and nothing acknowledged is lost.</summary>
public sealed class FileErrorTests : EmbeddedTest
{
    private async Task<TransportException> PublishFailsAsync(EmbeddedTransport transport, string path)
    {
        var error = await Assert.ThrowsAsync<TransportException>(() => PublishAsync(transport, 0, 1));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        var subscribing = await Assert.ThrowsAsync<TransportException>(() => LaneAsync(transport));
        Assert.Contains(path, subscribing.Message, StringComparison.Ordinal);
        return error;
    }

    [Fact(Timeout = Limit)]
    public async Task A_file_that_is_no_database_is_left_as_it_is()
    {
        var text = new string('x', 5000);
        await System.IO.File.WriteAllTextAsync(File, text);
        var error = await PublishFailsAsync(Transport(), File);
        Assert.Contains("not a Handlers log", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
        Assert.Equal(text, await System.IO.File.ReadAllTextAsync(File));
    }

    [Fact(Timeout = Limit)]
    public async Task A_database_of_something_else_is_left_as_it_is()
    {
        using (var other = Database.Open(File, create: true, TimeSpan.FromSeconds(1))) other.Execute("CREATE TABLE cats(name TEXT)");
        var before = await System.IO.File.ReadAllBytesAsync(File);
        Assert.Contains("something else", (await PublishFailsAsync(Transport(), File)).Message, StringComparison.Ordinal);
        Assert.Equal(before, await System.IO.File.ReadAllBytesAsync(File));
    }

    [Fact(Timeout = Limit)]
    public async Task An_empty_file_becomes_a_new_log_and_that_is_said()
    {
        var log = new Logged();
        await System.IO.File.WriteAllBytesAsync(File, []);
        await PublishAsync(Transport(log: log), 0, 1);
        await PublishAsync(Transport(log: log), 1, 1);
        Assert.Equal(1, log.Count(2020));
        Assert.Contains(File, log.Text(2020), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_file_of_a_newer_version_is_refused()
    {
        using (Log()) { }
        using (var newer = Database.Open(File, create: false, TimeSpan.FromSeconds(1))) newer.Execute("PRAGMA user_version=99");
        Assert.Contains("Update the package", (await PublishFailsAsync(Transport(), File)).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_damaged_file_is_said_to_be_damaged()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 200, size: 1000);
        await transport.DisposeAsync();
        await using (var file = new FileStream(File, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 4096;
            var garbage = new byte[file.Length - 4096];
            new Random(1).NextBytes(garbage);
            await file.WriteAsync(garbage);
        }

        Assert.Contains("is damaged", (await PublishFailsAsync(Transport(), File)).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_file_without_its_end_is_said_to_be_damaged()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 200, size: 1000);
        await transport.DisposeAsync();
        await using (var file = new FileStream(File, FileMode.Open, FileAccess.ReadWrite)) file.SetLength(file.Length / 2);
        var reading = await Record.ExceptionAsync(async () => await ReadAsync((await LaneAsync(Transport())).Lane, 200));
        Assert.Contains(File, Assert.IsType<TransportException>(reading).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_locked_file_is_waited_for_and_then_said_to_be_locked()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 1);
        using var tool = Database.Open(File, create: false, TimeSpan.FromSeconds(1));
        tool.Execute("BEGIN EXCLUSIVE");
        var error = await Assert.ThrowsAsync<TransportException>(() => PublishAsync(transport, 1, 1));
        Assert.True(error.IsTransient);
        Assert.Contains(File, error.Message, StringComparison.Ordinal);
        Assert.Contains("locked", error.Message, StringComparison.Ordinal);
        tool.Execute("COMMIT");
        await PublishAsync(transport, 1, 1);
        Assert.Equal(["0", "1"], (await ReadAsync((await LaneAsync(transport)).Lane, 2)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_file_that_another_process_keeps_for_itself_is_said_to_be_locked()
    {
        using (Log()) { }
        using var tool = Database.Open(File, create: false, TimeSpan.FromSeconds(1));
        tool.Execute("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE");
        Assert.True((await PublishFailsAsync(Transport(), File)).IsTransient);
    }

    [Fact(Timeout = Limit)]
    public async Task A_read_waits_while_the_file_is_away_and_goes_on_when_it_is_back()
    {
        await PublishAsync(Transport(), 0, 3);
        var log = new Logged();
        var (_, lane) = await LaneAsync(Transport(o => o.LeaseTime = TimeSpan.FromSeconds(30), log: log), start: StartPosition.Earliest);
        Directory.Move(Folder, Folder + ".away"); // nothing was read yet, so no connection is at hand
        var batch = new MessageBatch(10, 1_000_000);
        var reading = lane.ReadAsync(batch, TestContext.Current.CancellationToken).AsTask();
        await Eventually(() => log.Count(2013) > 0 || reading.IsCompleted);
        Directory.Move(Folder + ".away", Folder);
        Assert.True(await reading);
        Assert.Equal(3, batch.Count);
        batch.Clear();
    }

    [Fact(Timeout = Limit)]
    public async Task A_folder_that_cannot_be_made_is_named()
    {
        var blocked = Path.Combine(Folder, "a-file");
        await System.IO.File.WriteAllTextAsync(blocked, "");
        await PublishFailsAsync(Transport(o => o.Folder = Path.Combine(blocked, "data")), Path.Combine(blocked, "data"));
        if (OperatingSystem.IsLinux()) await PublishFailsAsync(Transport(o => o.Folder = "/proc/handlers"), "/proc/handlers");
    }

    [Fact(Timeout = Limit)]
    public async Task A_folder_in_the_place_of_the_file_is_named()
    {
        Directory.CreateDirectory(File);
        Assert.Contains("cannot be opened", (await PublishFailsAsync(Transport(), File)).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_full_disk_refuses_what_does_not_fit_and_keeps_what_was_acknowledged()
    {
        var transport = Transport(o => o.MostPages = 60);
        var acknowledged = 0;
        var error = await Assert.ThrowsAsync<TransportException>(async () =>
        {
            for (; acknowledged < 1000; acknowledged++) await PublishAsync(transport, acknowledged, 1, size: 2000);
        });
        Assert.Contains(File, error.Message, StringComparison.Ordinal);
        Assert.Contains("no space left", error.Message, StringComparison.Ordinal);
        Assert.InRange(acknowledged, 10, 120);
        var (subscription, lane) = await LaneAsync(Transport());
        var read = await ReadAsync(lane, acknowledged);
        lane.Store(read[^1].Position);
        await subscription.FlushAsync(CancellationToken.None);
        await PublishAsync(Transport(), 0, 1);
        Assert.Single(await ReadAsync(lane, 1));
    }

    [Fact(Timeout = Limit)]
    public async Task Lanes_end_with_the_error_when_the_file_is_damaged_under_them()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 5);
        var subscription = await transport.SubscribeAsync(
            new SubscriptionRequest { Group = "group", Topics = [new SubscribedTopic("topic", default, MessageParts.None)], RevokeBudget = TimeSpan.FromSeconds(5) },
            CancellationToken.None);
        await using var lanes = subscription.LanesAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await lanes.MoveNextAsync());
        var lane = lanes.Current;
        await ReadAsync(lane, 5);
        using (var tool = Database.Open(File, create: false, TimeSpan.FromSeconds(1))) tool.Execute("DROP TABLE partitions");
        var reading = await Assert.ThrowsAsync<TransportException>(() => ReadAsync(lane, 1));
        Assert.Contains(File, reading.Message, StringComparison.Ordinal);
        var assigning = await Assert.ThrowsAsync<TransportException>(async () => await lanes.MoveNextAsync());
        Assert.Contains(File, assigning.Message, StringComparison.Ordinal);
    }
}
