using System.Runtime.InteropServices;

namespace Handlers.Kinesis;

/// <summary>Makes durable which files a folder has: on Unix a rename survives the loss of power only when the folder itself was flushed.</summary>
internal static partial class FolderOnDisk
{
    private const int ReadOnly = 0;

    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows()) return; // there the rename itself is written through with the volume's own log
        var handle = Open(folder, ReadOnly);
        if (handle < 0) throw new IOException($"Folder {folder} cannot be opened: error {Marshal.GetLastPInvokeError()}.");
        try
        {
            // Some file systems have no flush of folders, and say so by EINVAL (22).
            if (Sync(handle) != 0 && Marshal.GetLastPInvokeError() is var error and not 22) throw new IOException($"Folder {folder} cannot be flushed: error {error}.");
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
