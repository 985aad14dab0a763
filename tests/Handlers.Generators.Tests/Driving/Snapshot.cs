using System.Runtime.CompilerServices;

namespace Handlers.Generators.Tests.Driving;

/// <summary>Emitted files as they were approved, in Verify's layout. A mismatch leaves the new text beside the old one.</summary>
internal static class Snapshot
{
    public static void Verify(Generated generated, string[] files, [CallerFilePath] string testFile = "", [CallerMemberName] string test = "")
    {
        var received = files.Select(f => Compare(generated, f, testFile, test)).OfType<string>().ToArray();
        Assert.True(received.Length == 0, $"Emitted files differ from verified ones. Where they are right, rename to .verified.cs: {string.Join(", ", received)}");
    }

    private static string? Compare(Generated generated, string file, string testFile, string test)
    {
        var name = $"{Path.GetFileNameWithoutExtension(testFile)}.{test}#{Path.GetFileNameWithoutExtension(file)}";
        var path = Path.Combine(Path.GetDirectoryName(testFile)!, "Snapshots", name);
        var (verified, received) = (path + ".verified.cs", path + ".received.cs");
        Assert.True(generated.Files.ContainsKey(file), $"There is no {file}, only {string.Join(", ", generated.Files.Keys)}.");
        var text = $"//HintName: {file}\n{generated.Files[file]}";
        if (File.Exists(verified) && File.ReadAllText(verified).ReplaceLineEndings("\n") == text)
        {
            File.Delete(received);
            return null;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(received, text);
        return received;
    }
}
