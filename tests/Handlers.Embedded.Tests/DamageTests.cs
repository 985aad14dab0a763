namespace Handlers.Embedded.Tests;

/// <summary>Values and bytes in the file that this transport never wrote: an error that names the file and the remedy, or data.</summary>
public sealed class DamageTests : EmbeddedTest
{
    private const int Messages = 60;

    [Theory(Timeout = Limit)]
    [InlineData("UPDATE groups SET version = 'x'")]
    [InlineData("UPDATE topics SET partitions = 3")]
    [InlineData("UPDATE topics SET partitions = 1 << 40")]
    [InlineData("DELETE FROM partitions WHERE number = 0")]
    [InlineData("DELETE FROM partitions")]
    [InlineData("UPDATE partitions SET number = 7 WHERE number = 1")]
    [InlineData("UPDATE partitions SET next = 'x'")]
    [InlineData("UPDATE partitions SET next = -1")]
    [InlineData("UPDATE partitions SET next = next + 1")]
    [InlineData("UPDATE partitions SET next = 1 << 62")]
    [InlineData("UPDATE partitions SET newest = 1 << 62")]
    [InlineData("UPDATE partitions SET first = next + 1")]
    [InlineData("UPDATE partitions SET first = 'x'")]
    [InlineData("UPDATE positions SET handled = -5")]
    [InlineData("UPDATE positions SET handled = 'x'")]
    [InlineData("UPDATE positions SET epoch = (1 << 63) - 1")]
    [InlineData("UPDATE positions SET owner = x'00'")]
    [InlineData("UPDATE members SET topics = '1,x'")]
    [InlineData("UPDATE members SET topics = NULL")]
    [InlineData("UPDATE members SET topics = ',99999999999999999999'")]
    [InlineData("UPDATE members SET lease = (1 << 63) - 1")]
    [InlineData("UPDATE members SET lease = -1")]
    [InlineData("UPDATE members SET counter = NULL")]
    [InlineData("UPDATE messages SET timestamp = 'x'")]
    [InlineData("UPDATE messages SET timestamp = 1 << 62")]
    [InlineData("UPDATE messages SET headers = x'ff'")]
    [InlineData("UPDATE messages SET headers = x'0161ffffffff0f'")]
    [InlineData("UPDATE messages SET headers = x'0161ffffffffffffffffff01'")]
    [InlineData("DELETE FROM messages WHERE id & 1023 = 3")]
    [InlineData("PRAGMA user_version = 0")]
    public async Task A_value_that_is_never_written_is_damage(string change)
    {
        await MakeAsync();
        using (var tool = Database.Open(File, create: false, TimeSpan.FromSeconds(1)))
        {
            // As after random bytes: the file does not hold to what its tables say.
            tool.Execute("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '')");
            tool.Execute("PRAGMA writable_schema=RESET");
            tool.Execute(change);
        }

        var error = await UseAsync();
        Assert.NotNull(error);
        Assert.Contains($"The log '{File}' is damaged. Stop every process", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
    }

    [Fact(Timeout = Limit)]
    public async Task Random_bytes_in_the_file_give_data_or_an_error_that_names_it()
    {
        await MakeAsync();
        var whole = await System.IO.File.ReadAllBytesAsync(File);
        var random = new Random(7);
        var failed = 0;
        for (var i = 0; i < 500; i++)
        {
            foreach (var beside in Directory.GetFiles(Folder)) System.IO.File.Delete(beside);
            await System.IO.File.WriteAllBytesAsync(File, Corrupt([.. whole], random));
            var error = await UseAsync();
            if (error is null) continue;
            failed++;
            Assert.True(error.Message.Contains(File, StringComparison.Ordinal), $"Corruption {i}: {error}");
        }

        Assert.InRange(failed, 50, 500);
    }

    /// <summary>Bytes of many pages, one byte, zeroed or swapped pages.</summary>
    private static byte[] Corrupt(byte[] bytes, Random random)
    {
        const int Page = 4096;
        int Any() => random.Next(bytes.Length / Page) * Page;
        switch (random.Next(4))
        {
            case 0:
                for (var i = random.Next(1, 200); i > 0; i--) bytes[random.Next(Page, bytes.Length)] = (byte)random.Next(256);
                break;
            case 1:
                // Beginnings of pages, where the trees are.
                for (var i = random.Next(1, 8); i > 0; i--) bytes[Any() + random.Next(40)] = (byte)random.Next(256);
                break;
            case 2:
                bytes.AsSpan(Any(), random.Next(1, Page)).Clear();
                break;
            default:
                bytes.AsSpan(Any(), Page).ToArray().CopyTo(bytes.AsSpan(Any()));
                break;
        }

        return bytes;
    }

    private async Task MakeAsync()
    {
        var transport = Transport(o => o.Partitions = 2);
        for (var i = 0; i < Messages; i++)
            await transport.Publisher.PublishAsync(new OutgoingMessage
            {
                Topic = "topic",
                Body = new byte[200],
                Headers = new Headers(Header.Of("name", $"{i}")),
            });
        await (await LaneAsync(transport)).Subscription.DisposeAsync();
        await transport.DisposeAsync();
        // A member that is there for long and takes nothing.
        using var tool = Database.Open(File, create: false, TimeSpan.FromSeconds(1));
        tool.Execute("""
            INSERT INTO members VALUES('group', 'other:1:a', 1, 3600000, '');
            UPDATE positions SET owner = 'gone:1:b';
            PRAGMA wal_checkpoint(TRUNCATE)
            """);
    }

    /// <summary>Everything that handlers and tools do. The error, where there is one.</summary>
    private async Task<TransportException?> UseAsync()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var transport = Transport(o =>
        {
            o.RetentionBytes = 1_000_000;
            o.Partitions = 2;
        });
        try
        {
            await using var subscription = await transport.SubscribeAsync(
                new SubscriptionRequest { Group = "group", Topics = [new SubscribedTopic("topic", default, MessageParts.All)], RevokeBudget = TimeSpan.FromSeconds(5) },
                stop.Token);
            var lanes = 0;
            await foreach (var lane in subscription.LanesAsync(stop.Token))
            {
                await HandleAsync(subscription, lane, stop.Token);
                if (++lanes == 2) break;
            }

            Assert.False(stop.IsCancellationRequested, "It hangs.");
            await PublishAsync(transport, 0, 2);
            using var log = Log();
            _ = log.Partitions();
            _ = log.Positions();
            return null;
        }
        catch (TransportException e)
        {
            return e;
        }
        finally
        {
            await transport.DisposeAsync();
        }
    }

    private static async Task HandleAsync(ISubscription subscription, ILane lane, CancellationToken stop)
    {
        var batch = new MessageBatch(20, 1_000_000);
        while (lane.State.LagMessages > 0)
        {
            await lane.ReadAsync(batch, stop);
            lane.Store(batch[batch.Count - 1].Position);
            batch.Clear();
        }

        await subscription.FlushAsync(stop);
    }
}
