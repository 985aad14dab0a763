using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Handlers.Dashboard;

/// <summary>
/// What stands for a question that was asked: who was asked, and exactly what. Good once, for a minute, in this process. A second request that
/// carries it was made by somebody who had read the question.
/// </summary>
internal sealed class Tokens(TimeProvider time)
{
    private const int TimeBytes = sizeof(long);

    public static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(60);

    private readonly byte[] key = RandomNumberGenerator.GetBytes(32); // of this process, never told
    private readonly Lock gate = new();
    private readonly Dictionary<string, long> used = new(StringComparer.Ordinal); // guarded by gate: token, and when it ends by itself

    public string Issue(string user, string question)
    {
        var until = time.GetUtcNow().Add(GoodFor).ToUnixTimeMilliseconds();
        return Base64Url.EncodeToString(Sign(until, user, question));
    }

    /// <summary>Whether it stands for this question to this user, and was not used before. It is used by this call.</summary>
    public bool TryUse(string token, string user, string question)
    {
        Span<byte> given = stackalloc byte[TimeBytes + HMACSHA256.HashSizeInBytes];
        if (!TryDecode(token, given)) return false;
        var until = BinaryPrimitives.ReadInt64BigEndian(given);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (until < now || !CryptographicOperations.FixedTimeEquals(given, Sign(until, user, question))) return false;
        lock (gate)
        {
            foreach (var over in used.Where(u => u.Value < now).Select(static u => u.Key).ToList()) used.Remove(over);
            return used.TryAdd(token, until);
        }
    }

    private static bool TryDecode(string token, Span<byte> into) =>
        token.Length == Base64Url.GetEncodedLength(into.Length) && Base64Url.IsValid(token) && Base64Url.TryDecodeFromChars(token, into, out var written) && written == into.Length;

    private byte[] Sign(long until, string user, string question)
    {
        var signed = new byte[TimeBytes + HMACSHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(signed, until);
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData(signed.AsSpan(0, TimeBytes));
        var who = Encoding.UTF8.GetBytes(user);
        Span<byte> length = stackalloc byte[sizeof(int)]; // so that nothing can move from one part to the other
        BinaryPrimitives.WriteInt32BigEndian(length, who.Length);
        mac.AppendData(length);
        mac.AppendData(who);
        mac.AppendData(Encoding.UTF8.GetBytes(question));
        mac.GetHashAndReset(signed.AsSpan(TimeBytes));
        return signed;
    }
}
