using System.Globalization;
using System.Text;

namespace Handlers.Kinesis;

/// <summary>Keys of messages as partition keys: texts of 1 to 256 characters of Unicode, which the service counts, and not their UTF-16 units.</summary>
internal static class PartitionKeys
{
    public const int Longest = 256;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The key's text. Throws where it cannot be one; the error does not quote it.</summary>
    public static string Of(ReadOnlySpan<byte> key, string stream)
    {
        string text;
        try
        {
            text = Strict.GetString(key);
        }
        catch (DecoderFallbackException)
        {
            throw Refused(stream, "the key is not UTF-8 text", "Encode it, as Base64 for example");
        }

        var characters = 0;
        foreach (var _ in text.EnumerateRunes()) characters++;
        return characters is >= 1 and <= Longest ? text : throw Refused(
            stream, string.Create(CultureInfo.InvariantCulture, $"the key has {characters} characters, and must have 1 to {Longest}"), "Use a shorter key, a hash for example, or none");
    }

    /// <summary>A partition key for a message without a key: any shard.</summary>
    public static string Any() => Guid.NewGuid().ToString("N");

    /// <summary>Checks an explicit hash key: a decimal number of 128 bits. The service takes no zeros before it.</summary>
    public static string HashKey(string text, string stream) =>
        UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number.ToString(CultureInfo.InvariantCulture)
            : throw Refused(stream, "the explicit hash key is not a decimal number below 2^128", "Correct what makes it");

    public static TransportException Refused(string stream, string why, string remedy) =>
        new($"A message cannot be published to stream '{stream}': {why}. {remedy}. Nothing of this call was sent.") { IsRefused = true };
}
