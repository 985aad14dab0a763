namespace Handlers.Generators.Model;

/// <summary>What is emitted once per assembly depends on this and on its handlers.</summary>
/// <param name="Identifier">The assembly's name as an identifier.</param>
/// <param name="UsesHandlers">True where it references the runtime: only then is anything emitted.</param>
/// <param name="DefinesEmbeddedAttribute">True where its source has the attribute that hides emitted types from other assemblies.</param>
internal sealed record AssemblyModel(string Identifier, bool UsesHandlers, bool DefinesEmbeddedAttribute)
{
    /// <summary>The modules of referenced assemblies, as C# spells them, sorted.</summary>
    public EquatableArray<string> Modules { get; init; }

    /// <summary>Errors of referenced assemblies whose handlers cannot be registered.</summary>
    public EquatableArray<ErrorModel> Errors { get; init; }

    public string Namespace => "Handlers.Generated." + Identifier;
}

/// <summary>A JSON context of the user, and the types that it was given.</summary>
/// <param name="Type">As C# spells it.</param>
/// <param name="IsOwn">True where it is in the assembly that is compiled; own contexts go before referenced ones.</param>
/// <param name="Types">The types, without nullable annotations.</param>
internal sealed record JsonContextModel(string Type, bool IsOwn, EquatableArray<string> Types);
