using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>
/// A JSON payload is on a context of the user. Checked on models, apart from the parser: a context that changes must not
/// make the parser look at every handler again.
/// </summary>
internal static class JsonRule
{
    /// <summary>For the generator: the handler with its contexts, or with the errors that say which are missing.</summary>
    public static HandlerModel Apply(HandlerModel handler, JsonContexts contexts)
    {
        if (handler.Errors.Count > 0) return handler;
        var findings = new Findings(handler.Name);
        var applied = Apply(handler, contexts, findings, null, null);
        return applied with { Errors = findings.Errors() };
    }

    /// <summary>For both: with the places, which only the analyzer has.</summary>
    public static HandlerModel Apply(HandlerModel handler, JsonContexts contexts, Findings findings, Location? payload, Location? result) => handler with
    {
        Payload = Find(handler.Payload, contexts, findings, payload, takes: true),
        Result = handler.Result.Payload is { } published && !(published.Kind == PayloadKind.Json && published.JsonKey == handler.Payload.JsonKey && handler.Payload.Kind == PayloadKind.Json)
            ? handler.Result with { Payload = Find(published, contexts, findings, result, takes: false) }
            : handler.Result with { Payload = handler.Result.Payload is null ? null : handler.Result.Payload with { JsonContext = Context(handler.Payload, contexts) } },
    };

    private static PayloadModel Find(PayloadModel payload, JsonContexts contexts, Findings findings, Location? where, bool takes)
    {
        if (payload.Kind != PayloadKind.Json) return payload;
        var known = contexts.Of(payload.JsonKey);
        if (known.Count == 0) findings.AddFor(payload.JsonKey, Rules.NotOnJsonContext, where, payload.Text, Where(contexts) + (takes ? Batch(payload) : ""));
        if (known.Count > 1) findings.Add(Rules.SeveralJsonContexts, where, payload.Text, string.Join(" and ", known.Select(Plain)), Plain(known[0]));
        return payload with { JsonContext = known.Count > 0 ? known[0] : null };
    }

    private static string? Context(PayloadModel payload, JsonContexts contexts) =>
        payload.Kind == PayloadKind.Json && contexts.Of(payload.JsonKey) is { Count: > 0 } known ? known[0] : null;

    private static string Where(JsonContexts contexts) =>
        contexts.Own is { } own ? $"'{Plain(own)}'" : "a context of yours, such as: partial class AppJson : JsonSerializerContext";

    private static string Batch(PayloadModel payload) =>
        payload is { Item: { } item, IsFramed: false } ? $"; or, for a batch of messages, take IReadOnlyList<{item}>" : "";

    private static string Plain(string type) => type.Replace("global::", "");
}
