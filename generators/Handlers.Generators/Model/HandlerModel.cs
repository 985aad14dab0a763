namespace Handlers.Generators.Model;

/// <summary>A handler as the parser saw it: all that the emitter needs, and no symbol.</summary>
internal sealed record HandlerModel
{
    /// <summary>The name in configuration, logs and metrics.</summary>
    public required string Name { get; init; }

    /// <summary>Namespace, types and method with dots: the name of the emitted file, unless another handler has the same.</summary>
    public required string Path { get; init; }

    /// <summary>The method with its signature, as text that no other method of the assembly has.</summary>
    public required string Identity { get; init; }

    public required SettingsModel Settings { get; init; }

    /// <summary>The payload of one message, also where the method takes lists of them.</summary>
    public required PayloadModel Payload { get; init; }

    /// <summary>Whether the method takes one message a call or a list.</summary>
    public BatchShape Batch { get; init; }

    public required ResultModel Result { get; init; }

    /// <summary>The parameters in their order.</summary>
    public required EquatableArray<ParameterModel> Parameters { get; init; }

    /// <summary>The method's name as C# spells it.</summary>
    public required string Method { get; init; }

    /// <summary>The type that holds the method, as C# spells it.</summary>
    public required string Type { get; init; }

    /// <summary>How the instance is made; null for a static method.</summary>
    public ClassModel? Class { get; init; }

    /// <summary>Why it cannot be emitted; empty where it can.</summary>
    public EquatableArray<ErrorModel> Errors { get; init; }
}

/// <summary>Why a handler cannot be emitted. The host refuses to start with it.</summary>
internal sealed record ErrorModel(string Id, string Message);
