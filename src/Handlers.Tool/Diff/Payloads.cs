namespace Handlers.Tool;

/// <summary>Which kinds of payloads are the same bytes.</summary>
internal static class Payloads
{
    /// <summary>Whether what was packed for the one can be unpacked as the other, as far as kinds say: schemas say more.</summary>
    public static bool Reads(TopologyPayload before, TopologyPayload after) =>
        Format(before.Kind) == Format(after.Kind) && !(before.Kind == "JsonElement" && after.Kind == "Json")
        || Format(after.Kind) == "bytes";

    /// <summary>What readers of an output see.</summary>
    public static string Written(TopologyPayload payload) => (payload.IsFramed ? "framed " : "") + Format(payload.Kind);

    private static string Format(string kind) => kind switch
    {
        "Json" or "JsonElement" => "JSON",
        "Array" or "Memory" => "bytes",
        "Text" => "text",
        "Self" => "its own format",
        _ => kind,
    };
}
