using Handlers.Generators.Model;

namespace Handlers.Generators.Emitting;

/// <summary>Prints the call of the user's method.</summary>
internal static class DispatchEmitter
{
    private const string ValueTask = "global::System.Threading.Tasks.ValueTask";

    public static void Emit(SourceWriter file, HandlerModel handler)
    {
        var target = handler.Class is { } type ? $"(({type.Type})call.Handler!)" : handler.Type;
        var invoked = $"{target}.{handler.Method}({SourceWriter.Arguments(handler.Parameters.Select(p => Argument(p, handler.Batch)))})";
        var head = handler.Batch == BatchShape.None
            ? $"Dispatch = {HandlerEmitter.Lambda(captures: handler.Result.Payload is not null)}({handler.Payload.Declared} payload, in global::Handlers.HandlerCall call) =>"
            : "Dispatch = static call =>";
        if (handler.Result.Shape == ResultShape.Nothing)
        {
            file.Open(head).Line(invoked + ";").Line("return default;").Close("},");
            return;
        }

        file.Line(head).Indented(handler.Result.Shape switch
        {
            ResultShape.Task => $"new {ValueTask}({invoked}),",
            ResultShape.ValueTask => $"{invoked},",
            ResultShape.Value => $"call.PublishAsync({invoked}, pack),",
            ResultShape.Stream => $"call.PublishEachAsync({invoked}, pack),",
            _ => $"call.PublishResultAsync({invoked}, pack),",
        });
    }

    private static string Argument(ParameterModel parameter, BatchShape batch) => parameter.Source switch
    {
        ParameterSource.Payload => batch switch
        {
            BatchShape.None => "payload",
            BatchShape.Payloads => "call.Payloads",
            _ => "call.Messages",
        },
        ParameterSource.Context or ParameterSource.Batch => "call.Context",
        ParameterSource.Stop => "call.Stop",
        ParameterSource.Key => Part(parameter, $"call.Key{Suffix(parameter)}", "a key"),
        ParameterSource.Header => Part(parameter, $"call.Header{Suffix(parameter)}({HandlerEmitter.Text(parameter.Header)})", $"the header '{parameter.Header}'"),
        _ => ServiceEmitter.Resolve("call.Services", parameter.Service!),
    };

    private static string Part(ParameterModel parameter, string value, string what) =>
        parameter.IsOptional ? value : $"global::Handlers.HandlerCall.Required({value}, {HandlerEmitter.Text(what)})";

    private static string Suffix(ParameterModel parameter) => parameter.Part switch
    {
        PayloadKind.Text => "Text",
        PayloadKind.Array => "Array",
        _ => "Memory",
    };
}
