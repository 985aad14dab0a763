using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Handlers.Kinesis.Tests;

[SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "The format's checksum, from elsewhere than the code that is tested.")]
public sealed class AggregateTests
{
    [Fact]
    public void The_format_is_the_one_of_the_producer_library()
    {
        // Written down by hand: one key "a", one record of it with data "b" and a tag "t" without a value.
        byte[] message = [0x0A, 1, (byte)'a', 0x1A, 10, 0x08, 0, 0x1A, 1, (byte)'b', 0x22, 3, 0x0A, 1, (byte)'t'];
        byte[] expected = [0xF3, 0x89, 0x9A, 0xC2, .. message, .. MD5.HashData(message)];
        var writer = new AggregateWriter();
        writer.Add("a", null, "b"u8, new Headers(new Header("t", null)));
        Assert.Equal(expected, writer.ToArray());
        Assert.Equal([new Read(0, "a", null, "b", "t=null")], Records(expected)!);
    }

    [Fact]
    public void What_was_written_is_read_again() => Prop.ForAll(Seeds, seed =>
    {
        var (bytes, expected) = Random(seed);
        return Records(bytes)!.SequenceEqual(expected);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_length_is_known_before_a_record_is_added() => Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var writer = new AggregateWriter();
        for (var i = random.Next(1, 20); i > 0; i--)
        {
            var (key, hashKey, data, tags) = (new string('k', random.Next(1, 200)), random.Next(3) == 0 ? $"{random.Next()}" : null, new byte[random.Next(300)], Tags(random));
            var expected = writer.LengthWith(key, hashKey, data.Length, tags);
            writer.Add(key, hashKey, data, tags);
            if (writer.Length != expected || writer.ToArray().Length != expected) return false;
        }

        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_aggregate_cut_off_anywhere_is_a_plain_record()
    {
        var (bytes, _) = Random(7);
        Assert.NotNull(Aggregate.Of(bytes));
        for (var length = 0; length < bytes.Length; length++) Assert.Null(Aggregate.Of(bytes.AsMemory(0, length)));
    }

    [Fact]
    public void An_aggregate_with_any_byte_changed_is_a_plain_record()
    {
        var (bytes, _) = Random(8);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 0x10;
            Assert.Null(Aggregate.Of(bytes));
            bytes[i] ^= 0x10;
        }
    }

    [Fact]
    public void Rubbish_is_a_plain_record_or_read_to_its_end_and_never_throws()
    {
        var opened = 0;
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), Seeds, (bytes, seed) =>
        {
            _ = Records(bytes);
            // With a right digest, so that the parser sees it: pure rubbish, and a good one with a byte changed.
            _ = Records(Sealed(bytes));
            var (good, _) = Random(seed);
            var message = good[4..^16];
            message[seed % message.Length] = (byte)(seed >> 8);
            if (Records(Sealed(message)) is not null) opened++;
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
        Assert.True(opened > 0, "Nothing that was changed could be parsed: the parser has seen no rubbish.");
    }

    [Theory]
    [InlineData("0A0161 1A050801 1A0162", "an index outside of the table")]
    [InlineData("0A0161 1A0708001000 1A0162", "a hash key's index without a table")]
    [InlineData("0A0161 1A020800", "no data")]
    [InlineData("0A0161 1A031A0162", "no key")]
    [InlineData("0A0161 1A0508001A0262", "data longer than its record")]
    [InlineData("0A0161 1AFFFFFFFF0F", "a record longer than the message")]
    [InlineData("0A0161 1A0708001A01622200", "a tag without a name")]
    [InlineData("0A0161 1A05FFFFFFFFFFFFFFFFFFFF01", "an endless number")]
    [InlineData("0A0161 0B", "a group")]
    [InlineData("0A0161 02", "a field numbered 0")]
    public void What_cannot_be_parsed_is_a_plain_record(string message, string what) =>
        Assert.True(Aggregate.Of(Sealed(Convert.FromHexString(message.Replace(" ", "", StringComparison.Ordinal)))) is null, what);

    [Fact]
    public void Tables_behind_the_records_and_fields_of_later_versions_are_read()
    {
        // A record with an unknown field 9, then an unknown field 12 of 4 bytes and one of 8, then the table.
        var bytes = Sealed(Convert.FromHexString("1A0708001A01624807" + "65FFFFFFFF" + "61FFFFFFFFFFFFFFFF" + "0A0161"));
        Assert.Equal([new Read(0, "a", null, "b", "")], Records(bytes)!);
    }

    [Fact]
    public void Reading_the_records_allocates_nothing()
    {
        var writer = new AggregateWriter();
        for (var i = 0; i < 100; i++) writer.Add("key", "12", new byte[50], Headers.Empty);
        var bytes = writer.ToArray();
        Aggregate.Of(bytes)!.TryNext(out _);
        var aggregate = Aggregate.Of(bytes)!;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var count = 0;
        while (aggregate.TryNext(out var record)) count += record.Data.Length;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(5000, count);
    }

    private static Arbitrary<int> Seeds => Gen.Choose(0, int.MaxValue).ToArbitrary();

    private static byte[] Sealed(byte[] message) => [.. Aggregate.Magic, .. message, .. MD5.HashData(message)];

    private static (byte[] Bytes, List<Read> Expected) Random(int seed)
    {
        var random = new Random(seed);
        var writer = new AggregateWriter();
        List<Read> expected = [];
        for (var i = random.Next(1, 12); i > 0; i--)
        {
            var (key, hashKey, data, tags) = ($"key {random.Next(4)} é", random.Next(3) == 0 ? $"{random.Next(3)}" : null, $"{random.Next()} ü", Tags(random));
            writer.Add(key, hashKey, Encoding.UTF8.GetBytes(data), tags);
            expected.Add(new Read(expected.Count, key, hashKey, data, Of(tags)));
        }

        return (writer.ToArray(), expected);
    }

    private static Headers Tags(Random random) => new(Enumerable.Range(0, random.Next(4)).Select(i => new Header(
        $"h{random.Next(2)} ö", random.Next(4) switch { 0 => default(ReadOnlyMemory<byte>?), 1 => Array.Empty<byte>(), _ => new byte[] { 0xff, (byte)i } })));

    private static List<Read>? Records(byte[] bytes)
    {
        if (Aggregate.Of(bytes) is not { } aggregate) return null;
        List<Read> records = [];
        while (aggregate.TryNext(out var record))
            records.Add(new Read(record.Index, Utf8(record.PartitionKey), record.ExplicitHashKey is { } h ? Utf8(h) : null, Utf8(record.Data), Of(record.Tags() ?? Headers.Empty)));
        return records;
    }

    private static string Of(Headers tags) => string.Join(' ', tags.Select(static t => $"{t.Name}={(t.Value is { } v ? Convert.ToHexString(v.Span) : "null")}"));

    private static string Utf8(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private sealed record Read(int Index, string Key, string? HashKey, string Data, string Tags);
}
