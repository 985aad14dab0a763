using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Kinesis.Tests;

/// <summary>An application says which shard a message goes to.</summary>
public sealed class ExplicitHashKeyTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_lands_in_the_shard_whose_range_has_its_explicit_hash_key(bool aggregate)
    {
        await using var hosts = await KinesisHosts.BeginAsync(4);
        var shards = await hosts.ShardsAsync();
        var host = await hosts.StartAsync(options =>
        {
            options.CheckpointFolder = hosts.Folder;
            options.Aggregate = aggregate;
            options.ExplicitHashKey = m => System.Text.Encoding.UTF8.GetString(m.Body!.Value.Span).Split('|') is [_, { Length: > 0 } number] ? number : null;
        });
        var bodies = shards.SelectMany(static s => new[] { $"{s.ShardId}|{s.HashKeyRange.StartingHashKey}", $"{s.ShardId}|{s.HashKeyRange.EndingHashKey}" }).Append($"{shards[0].ShardId}|000").ToList();
        await host.Services.GetRequiredService<IPublisher>().PublishAsync([.. bodies.Select(b => Message(hosts.Stream, b)), Message(hosts.Stream, "by its key|")], Stop);
        await hosts.HandledAsync(bodies.Count + 1);
        Assert.All(hosts.Handled.Where(static h => !h.Body.EndsWith('|')), static h => Assert.Equal(h.Body.Split('|')[0], h.Shard));
        var hash = new UInt128(0, 0);
#pragma warning disable CA5351 // the service's own
        foreach (var b in System.Security.Cryptography.MD5.HashData("same"u8)) hash = (hash << 8) | b;
#pragma warning restore CA5351
        var own = shards.Single(s => hash >= Number(s.HashKeyRange.StartingHashKey) && hash <= Number(s.HashKeyRange.EndingHashKey));
        Assert.Equal(own.ShardId, hosts.Handled.Single(static h => h.Body.EndsWith('|')).Shard);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("0x10")]
    [InlineData("340282366920938463463374607431768211456")]
    public async Task A_number_that_is_none_or_beyond_128_bits_fails_the_call_before_anything_is_sent(string number)
    {
        await using var hosts = await KinesisHosts.BeginAsync();
        var host = await hosts.StartAsync(options => (options.CheckpointFolder, options.ExplicitHashKey) = (hosts.Folder, m => m.Body!.Value.Length == 3 ? number : null));
        var publisher = host.Services.GetRequiredService<IPublisher>();
        var error = await Assert.ThrowsAsync<TransportException>(async () => await publisher.PublishAsync([Message(hosts.Stream, "fine"), Message(hosts.Stream, "bad")], Stop));
        Assert.True(error.IsRefused);
        await publisher.PublishAsync(Message(hosts.Stream, "last"), Stop);
        await hosts.HandledAsync(1);
        Assert.Equal(["last"], hosts.Bodies());
    }

    private static OutgoingMessage Message(string stream, string body) => new() { Topic = stream, Key = OutgoingMessage.Utf8("same"), Body = OutgoingMessage.Utf8(body) };

    private static UInt128 Number(string text) => UInt128.Parse(text, CultureInfo.InvariantCulture);
}
