namespace Handlers.Tests;

public sealed class MessageBatchTests
{
    [Fact]
    public void It_has_room_up_to_its_count_and_bytes()
    {
        var batch = new MessageBatch(maxCount: 3, maxBytes: 10);
        Assert.True(batch.HasRoomFor(4));
        batch.Add(Of(4));
        Assert.True(batch.HasRoomFor(6));
        Assert.False(batch.HasRoomFor(7));
        batch.Add(Of(1));
        batch.Add(Of(1));
        Assert.False(batch.HasRoomFor(0));
        Assert.Equal((3, 6L), (batch.Count, batch.Bytes));
    }

    [Fact]
    public void The_first_message_has_room_however_large_it_is() => Assert.True(new MessageBatch(1, maxBytes: 10).HasRoomFor(5_000_000));

    [Fact]
    public void Native_bytes_are_given_back_once_when_it_is_cleared()
    {
        var batch = new MessageBatch(3, 10);
        var freed = 0;
        batch.OnCleared(() => freed++);
        batch.OnCleared(() => freed++);
        batch.Add(Of(1));
        batch.Clear();
        batch.Clear();
        Assert.Equal((2, 0, 0L), (freed, batch.Count, batch.Bytes));
    }

    private static Message Of(int bytes) => new() { Body = Bytes.Of(new byte[bytes]) };
}
