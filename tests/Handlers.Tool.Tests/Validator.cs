using System.Text.Json.Nodes;
using Handlers.Peers;

namespace Handlers.Tool.Tests;

/// <summary>The published meta-schema of AsyncAPI and Ajv, in Node.js: somebody else's word on our documents.</summary>
internal static class Validator
{
    private static readonly string Folder = Path.Combine(Ran.Place("Tests"), "node");

    /// <summary>Why it cannot run here, or null.</summary>
    public static string? Missing { get; } = NodeProgram.Missing(Folder, "AsyncAPI's meta-schema and a validator", "@asyncapi/specs", "ajv");

    /// <summary>A line for each document.</summary>
    public static async Task<string[]> RunAsync(IEnumerable<JsonNode> documents) =>
        (await PeerProcess.RunAsync(NodeProgram.Name, [Path.Combine(Folder, "validate.mjs")], new JsonArray([.. documents]).ToJsonString(), TestContext.Current.CancellationToken))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
