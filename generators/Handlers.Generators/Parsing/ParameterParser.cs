using Handlers.Generators.Analyzers;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>From the parameters of a handler to where their arguments come from.</summary>
internal static class ParameterParser
{
    private static readonly string[] Sources = ["FromKeyAttribute", "FromHeaderAttribute", "FromServicesAttribute", "FromKeyedServicesAttribute"];

    public static EquatableArray<ParameterModel> Parse(IMethodSymbol method, Findings findings, CancellationToken stop)
    {
        var parameters = new List<ParameterModel>();
        foreach (var parameter in method.Parameters)
        {
            CheckByValue(parameter, findings, stop);
            if (parameter.Type.IsUnknown()) findings.Add(Rules.UnknownType, Places.Type(parameter, stop), parameter.Type.Text());
            parameters.Add(Parse(parameter, findings, stop));
        }

        return parameters.ToEquatableArray();
    }

    /// <summary>The payload: the one parameter that has no other source; of a list, what its items hold.</summary>
    public static PayloadModel Payload(IMethodSymbol method, Findings findings, CancellationToken stop)
    {
        var payloads = Payloads(method);
        if (payloads.Length == 0)
        {
            findings.Add(Rules.NoPayload, Places.Name(method));
            return PayloadModel.None;
        }

        if (payloads.Length > 1)
        {
            findings.Add(Rules.SeveralPayloads, Places.Whole(payloads[1], stop), payloads[0].Name, payloads[1].Name);
            return PayloadModel.None;
        }

        BatchParser.Shape(payloads[0].Type, out var type);
        if (!FrameParser.Check(type, Places.Type(payloads[0], stop), findings)) return PayloadModel.None;
        var payload = PayloadParser.Parse(type, out var reason);
        if (payload.Kind == PayloadKind.Self && !FrameParser.Content(type).AllInterfaces.Any(i => i.Is("Handlers", "IUnpack")))
            reason = "it implements IPack but not IUnpack; implement IUnpack too";
        reason ??= BatchParser.WhyNot(payloads[0].Type);
        if (reason is not null) findings.Add(Rules.UnsupportedPayload, Places.Type(payloads[0], stop), payload.Text, reason);
        return payload;
    }

    /// <summary>The type of the payload without its question mark and its frame; null where there is not just one.</summary>
    public static ITypeSymbol? PayloadType(IMethodSymbol method)
    {
        if (Payloads(method) is not { Length: 1 } payloads) return null;
        BatchParser.Shape(payloads[0].Type, out var type);
        return FrameParser.Content(type);
    }

    /// <summary>The parameters that have no other source.</summary>
    public static IParameterSymbol[] Payloads(IMethodSymbol method) =>
        [.. method.Parameters.Where(p => OwnSource(p) is null && !p.GetAttributes().Any(IsSource))];

    private static void CheckByValue(IParameterSymbol parameter, Findings findings, CancellationToken stop)
    {
        var how = parameter.IsParams ? "params" : parameter.RefKind switch
        {
            RefKind.None => null,
            RefKind.Ref => "ref",
            RefKind.Out => "out",
            RefKind.In => "in",
            _ => "ref readonly",
        };
        if (how is not null) findings.Add(Rules.ByReference, Places.Whole(parameter, stop), parameter.Name, how);
    }

    private static ParameterModel Parse(IParameterSymbol parameter, Findings findings, CancellationToken stop)
    {
        var marks = parameter.GetAttributes().Where(IsSource).ToArray();
        var own = OwnSource(parameter);
        if (marks.Length + (own is null ? 0 : 1) > 1)
        {
            var names = marks.Select(m => $"[{m.AttributeClass!.Name.Replace("Attribute", "")}]");
            var all = string.Join(" and ", own is null ? names : names.Append($"its type {parameter.Type.Text()}"));
            findings.Add(Rules.SeveralSources, Places.Whole(parameter, stop), parameter.Name, all);
        }

        if (own is { } known) return new ParameterModel(known);
        return marks.FirstOrDefault() is not { } mark ? new ParameterModel(ParameterSource.Payload) : mark.AttributeClass!.Name switch
        {
            "FromKeyAttribute" => Part(parameter, ParameterSource.Key, "the key", findings, stop),
            "FromHeaderAttribute" => Header(parameter, mark, findings, stop),
            _ => new ParameterModel(ParameterSource.Service) { Service = ServiceParser.Parse(parameter) },
        };
    }

    private static ParameterModel Header(IParameterSymbol parameter, AttributeData mark, Findings findings, CancellationToken stop)
    {
        var name = mark.ConstructorArguments.FirstOrDefault().Value as string ?? "";
        if (string.IsNullOrWhiteSpace(name)) findings.Add(Rules.EmptyHeader, Places.FirstArgument(mark, stop), parameter.Name);
        return Part(parameter, ParameterSource.Header, $"the header '{name}'", findings, stop) with { Header = name };
    }

    private static ParameterModel Part(IParameterSymbol parameter, ParameterSource source, string what, Findings findings, CancellationToken stop)
    {
        var isOptional = parameter.Type.IsNullable(out var bare);
        var part = PayloadParser.PartByType(bare);
        if (part == PayloadKind.Unsupported) findings.Add(Rules.UnsupportedPart, Places.Type(parameter, stop), what, bare.Text());
        return new ParameterModel(source) { Part = part, IsOptional = isOptional };
    }

    /// <summary>The source that the type alone tells.</summary>
    private static ParameterSource? OwnSource(IParameterSymbol parameter)
    {
        parameter.Type.IsNullable(out var bare);
        if (bare.Is("Handlers", "MessageContext")) return ParameterSource.Context;
        if (bare.Is("Handlers", "BatchContext")) return ParameterSource.Batch;
        return bare.Is("System.Threading", "CancellationToken") ? ParameterSource.Stop : null;
    }

    private static bool IsSource(AttributeData attribute) => attribute.AttributeClass is { } type && Array.IndexOf(Sources, type.Name) >= 0
        && (type.Is("Handlers", type.Name) || type.Is("Microsoft.Extensions.DependencyInjection", type.Name));
}
