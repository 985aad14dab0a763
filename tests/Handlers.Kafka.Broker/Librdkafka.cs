using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Handlers.Kafka.Broker;

/// <summary>
/// Which file of the package librdkafka.redist is loaded. Its librdkafka.so wants libsasl2.so.3, which Debian does not have: there
/// Confluent.Kafka goes on to centos8-librdkafka.so, which wants nothing. The broker begins with that one, also because a machine with
/// librdkafka's development files has an older librdkafka.so for whoever asks the system.
/// </summary>
internal static class Librdkafka
{
    private static readonly string[] Files =
        !OperatingSystem.IsLinux() ? [Native.Library]
        : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) || RuntimeInformation.RuntimeIdentifier.StartsWith("alpine", StringComparison.Ordinal) ? ["alpine-librdkafka", Native.Library]
        : ["centos8-librdkafka", Native.Library];

#pragma warning disable CA2255 // an initializer of a program, not of a library
    [ModuleInitializer]
    public static void Resolve() => NativeLibrary.SetDllImportResolver(typeof(Librdkafka).Assembly, Load);
#pragma warning restore CA2255

    private static nint Load(string library, Assembly assembly, DllImportSearchPath? path)
    {
        if (library != Native.Library) return 0;
        foreach (var file in Files)
        {
            if (NativeLibrary.TryLoad(file, assembly, path, out var loaded)) return loaded;
        }

        throw new DllNotFoundException($"librdkafka does not load on {RuntimeInformation.RuntimeIdentifier}: none of {string.Join(", ", Files)} of the package librdkafka.redist.");
    }
}
