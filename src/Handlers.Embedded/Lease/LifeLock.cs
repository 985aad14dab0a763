namespace Handlers.Embedded;

/// <summary>
/// A file that a member keeps locked while its process lives. The operating system lets go of the lock when the process dies,
/// however it dies; so the others need not wait for the lease of a process that was killed.
/// </summary>
/// <remarks>
/// It only ever shortens the wait. A member without such a file, or on a machine whose locks do not work, is judged by its
/// lease alone; and one that is judged wrongly is fenced by its epoch like any other.
/// </remarks>
internal sealed class LifeLock : IDisposable
{
    private readonly string path;
    private readonly FileStream? file;

    /// <summary>Locks the file of a member. Before the member is in the table: nobody looks for it earlier.</summary>
    public LifeLock(string log, string member)
    {
        path = PathOf(log, member);
        try
        {
            file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            Works = !IsFree(path);
            if (!Works) Close(); // others would take us for dead
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The lease is enough.
        }
    }

    /// <summary>Whether locks work here. Where they do not, every lock of others looks as if it were free.</summary>
    public bool Works { get; }

    /// <summary>Whether a member's process is gone for certain. To be asked only where locks work.</summary>
    public static bool IsGone(string log, string member) => IsFree(PathOf(log, member));

    /// <summary>Removes what a member that is gone has left.</summary>
    public static void Clear(string log, string member) => Delete(PathOf(log, member));

    /// <summary>The member has left in order.</summary>
    public void Close()
    {
        file?.Dispose();
        Delete(path);
    }

    /// <summary>Lets go as a process does that is killed: the file stays.</summary>
    public void Dispose() => file?.Dispose();

    private static bool IsFree(string path)
    {
        try
        {
            using var probe = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // locked, or not there
        }
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An empty file stays behind; it says nothing once its member is out of the table.
        }
    }

    private static string PathOf(string log, string member) => $"{log}-{member.Replace(':', '-')}.alive";
}
