using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>Rules about the method's signature.</summary>
internal static partial class Rules
{
    public static readonly DiagnosticDescriptor NoPayload = new(
        "HND002", "The handler takes no payload",
        "Handler '{0}' has no parameter for the payload. Add one, of the type that the messages have.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND002"));

    public static readonly DiagnosticDescriptor SeveralPayloads = new(
        "HND003", "The handler takes more than one payload",
        "Handler '{0}' has two parameters for the payload, '{1}' and '{2}'. Mark what is none with [FromServices], [FromKey] or [FromHeader(\"...\")].",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND003"));

    public static readonly DiagnosticDescriptor NotOnJsonContext = new(
        "HND004", "The payload's type is on no JsonSerializerContext",
        "Handler '{0}': the type '{1}' is on no JsonSerializerContext. Add [JsonSerializable(typeof({1}))] to {2}.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND004"));

    public static readonly DiagnosticDescriptor UnsupportedPayload = new(
        "HND005", "The payload's type cannot be unpacked",
        "Handler '{0}' cannot take a payload of type '{1}': {2}",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND005"));

    public static readonly DiagnosticDescriptor SeveralJsonContexts = new(
        "HND036", "The payload's type is on several JsonSerializerContexts",
        "Handler '{0}': the type '{1}' is on {2}, and their options may differ; {3} is used. Leave it on one of them.",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Page("HND036"));

    public static readonly DiagnosticDescriptor UnknownType = new(
        "HND038", "A type is not known to the generator",
        "Handler '{0}': the type '{1}' is not known here. If another generator emits it, move it to a project of its own; else a using or a reference is missing.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND038"));

    public static readonly DiagnosticDescriptor ByReference = new(
        "HND018", "A handler takes its parameters by value",
        "Handler '{0}' has the parameter '{1}' with '{2}'. Take it by value, one message a call.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND018"));

    public static readonly DiagnosticDescriptor UnsupportedPart = new(
        "HND028", "A key or header is text or bytes",
        "Handler '{0}' cannot take {1} as '{2}'. Use string, byte[] or ReadOnlyMemory<byte>.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND028"));

    public static readonly DiagnosticDescriptor EmptyHeader = new(
        "HND029", "The header has no name",
        "Handler '{0}' reads a header without a name into '{1}'. Write its name in [FromHeader(\"...\")].",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND029"));

    public static readonly DiagnosticDescriptor SeveralSources = new(
        "HND030", "A parameter has one source",
        "Handler '{0}': the parameter '{1}' has more than one source, {2}. Leave one of them.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND030"));

    public static readonly DiagnosticDescriptor UnsupportedReturnType = new(
        "HND006", "The return type is not supported",
        "Handler '{0}' cannot return '{1}'. Return void, Task or ValueTask, or with [PublishTo] a value, Task<T>, ValueTask<T> or IAsyncEnumerable<T>.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND006"));

    public static readonly DiagnosticDescriptor AsyncVoid = new(
        "HND007", "A handler is not async void",
        "Handler '{0}' is async void: nobody could await it, so its message would be committed before it is handled. Return Task.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND007"));

    public static readonly DiagnosticDescriptor ResultWithoutPublishTo = new(
        "HND008", "The result goes nowhere",
        "Handler '{0}' returns '{1}' and nothing says where it goes. Add [PublishTo(\"topic\")], or return no value.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND008"));

    public static readonly DiagnosticDescriptor PublishToWithoutResult = new(
        "HND009", "There is no result to publish",
        "Handler '{0}' has [PublishTo] but returns '{1}', so it would publish nothing. Return what to publish, or remove [PublishTo].",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND009"));

    public static readonly DiagnosticDescriptor UnsupportedResult = new(
        "HND034", "The result cannot be packed",
        "Handler '{0}' cannot publish a value of type '{1}': {2}",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND034"));

    public static readonly DiagnosticDescriptor NotCancellable = new(
        "HND027", "An asynchronous handler should take a CancellationToken",
        "Handler '{0}' is asynchronous and takes no CancellationToken, so it cannot hear that the process stops. Add a CancellationToken parameter.",
        Category, DiagnosticSeverity.Info, isEnabledByDefault: true, helpLinkUri: Page("HND027"));
}
