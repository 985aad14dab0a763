using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>From a return type to what is awaited and what is published.</summary>
internal static class ResultParser
{
    public static ResultModel Parse(IMethodSymbol method, BatchShape batch, Findings findings, CancellationToken stop)
    {
        var publishTo = method.Attribute("Handlers", "PublishToAttribute");
        if (method.ReturnsVoid && IsAsync(method)) findings.Add(Rules.AsyncVoid, Places.ReturnType(method, stop));
        if (method.ReturnType.IsUnknown())
        {
            findings.Add(Rules.UnknownType, Places.ReturnType(method, stop), method.ReturnType.Text());
            return new ResultModel(ResultShape.Nothing);
        }

        var shape = Shape(method, out var value);
        if (shape is null)
        {
            findings.Add(Rules.UnsupportedReturnType, Places.ReturnType(method, stop), method.ReturnType.Text());
            return new ResultModel(ResultShape.Nothing);
        }

        if (value is null)
        {
            if (publishTo is not null) findings.Add(Rules.PublishToWithoutResult, Places.Attribute(publishTo, stop), method.ReturnType.Text());
            return new ResultModel(shape.Value);
        }

        if (batch != BatchShape.None)
        {
            findings.Add(Rules.BatchResult, Places.ReturnType(method, stop), method.ReturnType.Text());
            return new ResultModel(shape.Value);
        }

        if (publishTo is null)
        {
            findings.Add(Rules.ResultWithoutPublishTo, Places.ReturnType(method, stop), method.ReturnType.Text());
            return new ResultModel(shape.Value);
        }

        return Published(method, shape.Value, value, findings, stop);
    }

    private static ResultModel Published(IMethodSymbol method, ResultShape shape, ITypeSymbol value, Findings findings, CancellationToken stop)
    {
        var isNullable = value.IsNullable(out var bare);
        var isOutgoing = bare.IsGeneric("Handlers", "OutgoingMessage", out var packed);
        var content = isOutgoing ? packed : value;
        if (!FrameParser.Check(content, Places.ReturnType(method, stop), findings)) return new ResultModel(shape);
        var payload = PayloadParser.Parse(content, out var reason);
        var type = FrameParser.Content(content);
        if (payload.Kind == PayloadKind.Self && !PayloadParser.PacksItself(type)) reason = "it implements IUnpack but not IPack; implement IPack too";
        if (bare.Is("Handlers", "OutgoingMessage") && !isOutgoing) reason = "its topic is [PublishTo]'s; return OutgoingMessage<T> for a key and headers of its own";
        if (type is { TypeKind: TypeKind.Interface } && reason is not null && !isOutgoing) reason = "it is an interface; return a class, or IAsyncEnumerable<T> to publish each of several";
        if (reason is not null) findings.Add(Rules.UnsupportedResult, Places.ReturnType(method, stop), value.Text(), reason);
        return new ResultModel(shape, payload)
        {
            IsOutgoingMessage = isOutgoing,
            Declared = bare.Spelling() + (isNullable ? "?" : ""),
            IsNullable = isNullable,
        };
    }

    private static ResultShape? Shape(IMethodSymbol method, out ITypeSymbol? value)
    {
        value = null;
        var type = method.ReturnType;
        if (method.ReturnsVoid) return ResultShape.Nothing;
        if (method.RefKind != RefKind.None || IsAwaitable(type) && type.IsNullable(out _)) return null;
        if (type.Is("System.Threading.Tasks", "Task") && type is INamedTypeSymbol { Arity: 0 }) return ResultShape.Task;
        if (type.Is("System.Threading.Tasks", "ValueTask") && type is INamedTypeSymbol { Arity: 0 }) return ResultShape.ValueTask;
        ResultShape? shape = ResultShape.Value;
        if (type.IsGeneric("System.Threading.Tasks", "Task", out var item)) shape = ResultShape.TaskOfValue;
        else if (type.IsGeneric("System.Threading.Tasks", "ValueTask", out item)) shape = ResultShape.ValueTaskOfValue;
        else if (type.IsGeneric("System.Collections.Generic", "IAsyncEnumerable", out item)) shape = ResultShape.Stream;
        else if (IsAwaitable(type)) return null;
        value = shape == ResultShape.Value ? type : item;
        return IsAwaitable(value) ? null : shape;
    }

    private static bool IsAwaitable(ITypeSymbol type)
    {
        type.IsNullable(out var bare);
        return bare.Is("System.Collections.Generic", "IAsyncEnumerable") || bare.Is("System.Threading.Tasks", "Task") || bare.Is("System.Threading.Tasks", "ValueTask")
            || bare.GetMembers("GetAwaiter").OfType<IMethodSymbol>().Any(m => m.Parameters.IsEmpty);
    }

    private static bool IsAsync(IMethodSymbol method) => method.IsAsync || method.PartialImplementationPart is { IsAsync: true };
}
