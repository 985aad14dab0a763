namespace Handlers.Peers;

/// <summary>Scripts of ours for Node.js, with packages that ./build.sh setup installs beside them.</summary>
public static class NodeProgram
{
    public const string Name = "node";

    /// <summary>Why they cannot run here, or null. For a test's skip.</summary>
    /// <param name="folder">The folder of the scripts.</param>
    /// <param name="what">What the packages are, in words.</param>
    /// <param name="packages">The packages that they need.</param>
    public static string? Missing(string folder, string what, params IEnumerable<string> packages) =>
        !PeerProcess.IsThere(Name) ? "Node.js is not installed: https://nodejs.org"
        : !packages.All(p => Directory.Exists(Path.Combine(folder, "node_modules", p))) ? $"{what} are not installed: ./build.sh setup installs them where there is npm"
        : null;
}
