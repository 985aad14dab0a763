using Handlers;

namespace Dashboard;

/// <summary>Publishes so many messages a second and no more, so that there is something to watch.</summary>
internal sealed class Paced(IPublisher publisher, int aSecond) : IPublisher
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);

    public ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default) => PublishAsync([message], stop);

    public async ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default)
    {
        foreach (var few in messages.Chunk(Math.Max(1, (int)(aSecond * Beat.TotalSeconds))))
        {
            await publisher.PublishAsync(few, stop);
            await Task.Delay(TimeSpan.FromSeconds((double)few.Length / aSecond), stop);
        }
    }
}
