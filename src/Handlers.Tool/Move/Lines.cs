namespace Handlers.Tool;

/// <summary>Lines as bytes, whatever they are: each ends with a line feed, with or without a carriage return before it. A mark of UTF-8 at the beginning is passed over.</summary>
internal sealed class Lines(Stream stream)
{
    private const int Least = 64 * 1024;

    private byte[] buffer = new byte[Least];
    private int start;
    private int end;
    private bool isBegun;
    private bool isEnded;

    /// <summary>Whether the next line is here: reading it waits for nobody.</summary>
    public bool HasNext => Rest.Contains((byte)'\n') || (isEnded && start < end);

    private ReadOnlySpan<byte> Rest => buffer.AsSpan(start, end - start);

    /// <summary>The next line; null: there is none.</summary>
    public async ValueTask<byte[]?> ReadAsync(CancellationToken stop)
    {
        for (var searched = 0; ;)
        {
            var at = Rest[searched..].IndexOf((byte)'\n');
            if (at >= 0) return Take(searched + at, 1);
            searched = end - start;
            if (isEnded) return searched == 0 ? null : Take(searched, 0);
            await FillAsync(stop);
            if (isBegun || (end - start < 3 && !isEnded)) continue;
            isBegun = true;
            if (Rest.StartsWith("\uFEFF"u8)) (start, searched) = (start + 3, 0);
        }
    }

    private byte[] Take(int length, int mark)
    {
        var line = Rest[..length];
        if (mark > 0 && line is [.., (byte)'\r']) line = line[..^1];
        var taken = line.ToArray();
        start += length + mark;
        return taken;
    }

    private async ValueTask FillAsync(CancellationToken stop)
    {
        if (end == buffer.Length)
        {
            var into = end - start > buffer.Length / 2 ? new byte[buffer.Length * 2] : buffer;
            Rest.CopyTo(into);
            (buffer, start, end) = (into, 0, end - start);
        }

        // The input of a terminal does not hear of a stop while it waits.
        var read = await stream.ReadAsync(buffer.AsMemory(end), stop).AsTask().WaitAsync(stop);
        end += read;
        isEnded = read == 0;
    }
}
