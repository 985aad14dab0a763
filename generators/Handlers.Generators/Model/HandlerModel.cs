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

    public required PayloadModel Payload { get; init; }

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

/// <summary>What the attributes say. Enum values are names of members, null where the default holds.</summary>
internal sealed record SettingsModel
{
    public string Topic { get; init; } = "";
    public string? Group { get; init; }
    public string? Transport { get; init; }
    public string? Ordering { get; init; }
    public string? Commit { get; init; }
    public string? OnInvalid { get; init; }
    public string? OnFailure { get; init; }
    public string? Start { get; init; }

    /// <summary>Ticks of UTC.</summary>
    public long? StartAt { get; init; }

    public double TimeLimitSeconds { get; init; }
    public string? PublishTo { get; init; }
}
