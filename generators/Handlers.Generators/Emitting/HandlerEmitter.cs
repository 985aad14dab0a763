using Handlers.Generators.Model;
using Microsoft.CodeAnalysis.CSharp;

namespace Handlers.Generators.Emitting;

/// <summary>Prints the registration of one handler.</summary>
internal static class HandlerEmitter
{
    /// <summary>What takes payloads out of frames and puts them in.</summary>
    public const string Frame = "global::Handlers.SchemaFrame";

    public static string Emit(NamedHandler named, string @namespace)
    {
        var (handler, name) = (named.Handler, named.Name);
        var file = SourceWriter.File();
        TopologyEmitter.Emit(file, handler);
        file.Open($"namespace {@namespace}")
            .Open($"internal static class {name.Class}")
            .Open("internal static global::Handlers.HandlerRegistration Create()");
        // Locals, so that a context without metadata of the type fails when handlers are added, and not with the first message.
        TypeInfo(file, "payloadInfo", handler.Payload);
        if (handler.Result.Payload is { } published)
        {
            if (ResultInfo(handler) != "payloadInfo") TypeInfo(file, "resultInfo", published);
            PackEmitter.Emit(file, handler.Result, ResultInfo(handler));
        }

        var kind = handler.Batch == BatchShape.None ? "HandlerRegistration" : "BatchRegistration";
        file.Open($"return new global::Handlers.{kind}<{handler.Payload.Declared}>");
        Properties(file, handler);
        if (named.Types is { } place) file.Line($"MessageType = {SwitchEmitter.Match(handler, place, @namespace)},");
        DispatchEmitter.Emit(file, handler);
        return file.Close("};").Close().Close().Close().ToString();
    }

    private static void TypeInfo(SourceWriter file, string local, PayloadModel payload)
    {
        if (payload.Kind == PayloadKind.Json) file.Line($"var {local} = global::Handlers.Payload.TypeInfo<{payload.Type}>({payload.JsonContext}.Default);");
    }

    private static string ResultInfo(HandlerModel handler) =>
        handler.Payload.Kind == PayloadKind.Json && handler.Result.Payload?.Type == handler.Payload.Type ? "payloadInfo" : "resultInfo";

    private static void Properties(SourceWriter file, HandlerModel handler)
    {
        file.Line($"Name = {Text(handler.Name)},");
        SettingsEmitter.Emit(file, handler.Settings);
        file.Line($"PayloadType = {Text(handler.Payload.Declared.Replace("global::", ""))},");
        if (Reads(handler) is { Length: > 0 } reads) file.Line($"Reads = {reads},");
        if (handler.Payload.IsNullable) file.Line("TakesTombstones = true,");
        if (handler.Class is { IsSingleton: false } || handler.Parameters.Any(p => p.Service is not null)) file.Line("NeedsScope = true,");
        if (handler.Class is { } type) file.Line($"Instance = static services => global::Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<{type.Type}>(services),");
        if (handler.Class is { IsSingleton: true }) file.Line("IsSingleton = true,");
        var required = Required(handler);
        if (required.Count > 0) file.Line($"RequiredServices = {Types(required)},");
        file.Line($"Unpack = {Lambda(captures: handler.Payload.Kind == PayloadKind.Json)}body => {Unpack(handler.Payload)},");
    }

    private static string Reads(HandlerModel handler)
    {
        if (handler.Batch == BatchShape.Messages || handler.Parameters.Any(p => p.Source == ParameterSource.Context)) return "global::Handlers.MessageParts.All";
        var parts = new List<string>();
        // A plain result is published with the key of its source.
        var keepsKey = handler.Result is { Payload: not null, IsOutgoingMessage: false };
        if (keepsKey || handler.Parameters.Any(p => p.Source == ParameterSource.Key)) parts.Add("global::Handlers.MessageParts.Key");
        if (handler.Parameters.Any(p => p.Source == ParameterSource.Header)) parts.Add("global::Handlers.MessageParts.Headers");
        return string.Join(" | ", parts);
    }

    private static List<string> Required(HandlerModel handler) =>
    [
        .. (handler.Class?.Services ?? default).Concat(handler.Parameters.Select(p => p.Service).OfType<ServiceModel>())
            .Where(s => s is { IsOptional: false, Key: null, IsBuiltIn: false })
            .Select(s => s.Type)
            .Distinct(),
    ];

    // Arguments are evaluated from left to right: the frame says its id before that is passed on.
    private static string Unpack(PayloadModel payload) => payload switch
    {
        { IsFramed: false } => Unpack(payload, "body"),
        { Kind: PayloadKind.Protobuf } => $"new {payload.Bare}({Unpack(payload, $"{Frame}.UnpackProtobuf(body, out var schema, out var indexes)")}, schema) {{ MessageIndexes = indexes }}",
        _ => $"new {payload.Bare}({Unpack(payload, $"{Frame}.Unpack(body, out var schema)")}, schema)",
    };

    private static string Unpack(PayloadModel payload, string body) => payload.Kind switch
    {
        PayloadKind.Json => $"global::Handlers.Payload.Json({body}, payloadInfo)",
        PayloadKind.JsonElement => $"global::Handlers.Payload.JsonElement({body})",
        PayloadKind.Array => $"global::Handlers.Payload.Array({body})",
        PayloadKind.Memory => $"global::Handlers.Payload.Memory({body})",
        PayloadKind.Text => $"global::Handlers.Payload.Text({body})",
        PayloadKind.Self => $"global::Handlers.Payload.UnpackSelf<{payload.Type}>({body})",
        _ => $"{payload.Type}.Parser.ParseFrom({body}.Span)",
    };

    /// <summary>Lambdas that take nothing from around them say so.</summary>
    public static string Lambda(bool captures) => captures ? "" : "static ";

    /// <summary>An array of types.</summary>
    public static string Types(IEnumerable<string> types) => $"new global::System.Type[] {{ {string.Join(", ", types.Select(t => $"typeof({t})"))} }}";

    public static string Text(string text) => SymbolDisplay.FormatLiteral(text, quote: true);
}
