namespace Handlers.Generators.Model;

/// <summary>Where the argument of a parameter comes from.</summary>
internal enum ParameterSource
{
    Payload,
    Context,

    /// <summary>The context of a batch.</summary>
    Batch,
    Key,
    Header,
    Stop,
    Service,
}

/// <summary>A parameter of a handler.</summary>
internal sealed record ParameterModel(ParameterSource Source)
{
    /// <summary>For key and header: which of text, array and memory it takes.</summary>
    public PayloadKind Part { get; init; }

    /// <summary>For a header: its name.</summary>
    public string Header { get; init; } = "";

    /// <summary>For key and header: true where a message without it is handled all the same.</summary>
    public bool IsOptional { get; init; }

    /// <summary>For a service.</summary>
    public ServiceModel? Service { get; init; }
}

/// <summary>A service that a constructor or a handler takes.</summary>
/// <param name="Type">As C# spells it, without the outermost question mark.</param>
/// <param name="IsOptional">True where it may be missing.</param>
internal sealed record ServiceModel(string Type, bool IsOptional)
{
    /// <summary>The key of a keyed service as a C# expression; null for one without.</summary>
    public string? Key { get; init; }

    /// <summary>What is passed where an optional service is missing, as a C# expression; null for null.</summary>
    public string? Default { get; init; }

    /// <summary>True for a struct that may be missing, whose null needs a question mark to be told from its default.</summary>
    public bool IsValueType { get; init; }

    /// <summary>True where the container always has it, so that nobody needs to check.</summary>
    public bool IsBuiltIn { get; init; }
}

/// <summary>A class whose instances handle messages.</summary>
internal sealed record ClassModel(string Type, bool IsSingleton, EquatableArray<ServiceModel> Services);
