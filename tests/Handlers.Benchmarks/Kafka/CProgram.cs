using System.Diagnostics;
using System.Reflection;

namespace Handlers.Benchmarks;

/// <summary>consume.c, compiled against the librdkafka that this process has loaded. Deleted in the end.</summary>
internal sealed class CProgram : IDisposable
{
    private static readonly string[] Compilers = ["cc", "gcc", "clang"];

    private readonly string folder = Directory.CreateTempSubdirectory("handlers-bench-c-").FullName;

    private CProgram() { }

    public string Path => System.IO.Path.Combine(folder, "consume");

    /// <summary>The program, or why there is none here.</summary>
    public static (CProgram? Program, string? Missing) Compile()
    {
        if (Array.Find(Compilers, IsThere) is not { } compiler) return (null, "there is no C compiler (cc, gcc, clang) on the PATH");
        var library = Process.GetCurrentProcess().Modules.Cast<ProcessModule>().Select(static m => m.FileName).FirstOrDefault(static f => System.IO.Path.GetFileName(f).Contains("librdkafka", StringComparison.Ordinal));
        if (library is null) return (null, "the library that Confluent.Kafka loaded is not found among this process's modules");
        var program = new CProgram();
        // By the name that the linker writes into the program, in the program's own folder: the system may have an older one.
        var linked = System.IO.Path.Combine(program.folder, OperatingSystem.IsMacOS() ? "librdkafka.1.dylib" : "librdkafka.so.1");
        File.CreateSymbolicLink(linked, library);
        var failed = Run(compiler, ["-O2", "-Wall", "-I", Metadata("Headers"), Metadata("Consume"), linked, "-Wl,-rpath," + program.folder, "-o", program.Path]);
        if (failed is null) return (program, null);
        program.Dispose();
        return (null, $"{compiler} failed: {failed}");
    }

    /// <summary>How it begins to measure.</summary>
    public ProcessStartInfo Start(RowRequest request) =>
        new(Path, [.. request.Arguments.Skip(1), .. KafkaSettings.Tuned.Concat(KafkaSettings.OfAll).Select(static s => $"{s.Name}={s.Value}")]);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Metadata(string key) => typeof(CProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;

    private static bool IsThere(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator).Any(folder => File.Exists(System.IO.Path.Combine(folder, program)));

    /// <summary>What it said, where it failed.</summary>
    private static string? Run(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : said.Trim();
    }
}
