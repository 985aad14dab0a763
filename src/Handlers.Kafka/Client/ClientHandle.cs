using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>The native client behind a Confluent.Kafka consumer, which has no public way to it.</summary>
internal static class ClientHandle
{
    /// <summary>
    /// The files that Confluent.Kafka tries, in its order: the package's librdkafka.so wants a libsasl2 that not every distribution has, and
    /// then it takes the one without. Both must be the same file.
    /// </summary>
    private static readonly string[] Files =
        OperatingSystem.IsLinux() && RuntimeInformation.RuntimeIdentifier is var rid && (rid.Contains("musl", StringComparison.Ordinal) || rid.StartsWith("alpine", StringComparison.Ordinal))
            ? ["alpine-librdkafka"]
            : ["librdkafka", "centos8-librdkafka"];

    private static readonly Lazy<bool> Bound = new(Bind);

    /// <summary>
    /// The handle, or null where this version of Confluent.Kafka hides it elsewhere, or where it loaded another library than is found here:
    /// the caller reads by plain Consume then.
    /// </summary>
    [DynamicDependency("LibrdkafkaHandle", typeof(Handle))]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The dependency above keeps the property.")]
    public static SafeHandle? Of(Handle handle)
    {
        var property = typeof(Handle).GetProperty("LibrdkafkaHandle", BindingFlags.Instance | BindingFlags.NonPublic);
        return property?.GetValue(handle) is SafeHandle { IsInvalid: false } safe && Bound.Value ? safe : null;
    }

    private static bool Bind()
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly, static (name, _, path) => name == NativeMethods.Library ? Load(path) : 0);
            return NativeMethods.Version() == Library.Version;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static nint Load(DllImportSearchPath? path)
    {
        foreach (var file in Files)
            if (NativeLibrary.TryLoad(file, typeof(Library).Assembly, path, out var library)) return library;
        return 0;
    }
}
