namespace Handlers.Embedded.Tests;

/// <summary>A folder of one test.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("handlers-embedded-").FullName;

    public string File => System.IO.Path.Combine(Path, LogFile.Name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
