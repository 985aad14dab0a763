using System.Runtime.InteropServices;

namespace Handlers.Crash;

/// <summary>Signals by number: the framework sends none but SIGKILL.</summary>
internal static partial class Signals
{
    public static void Suspend(int process) => Send(process, OperatingSystem.IsMacOS() ? 17 : 19);

    public static void Resume(int process) => Send(process, OperatingSystem.IsMacOS() ? 19 : 18);

    public static void Terminate(int process) => Send(process, 15);

    // ESRCH: it has ended, which its exit code tells.
    private static void Send(int process, int signal) => _ = Kill(process, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
