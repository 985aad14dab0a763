namespace Handlers.Tool;

/// <summary>How much a change matters, from least to most.</summary>
internal enum ChangeClass
{
    /// <summary>Nothing is lost and nothing is weaker.</summary>
    Harmless,

    /// <summary>A promise is weaker than it was: less order, more that comes twice, more that is skipped.</summary>
    Loosening,

    /// <summary>Messages are lost, skipped or read by nobody; or somebody else can no longer read what is written.</summary>
    Breaking,
}

/// <summary>One thing that a change of the application does.</summary>
/// <param name="Class">How much it matters.</param>
/// <param name="Rule">The rule's id, which docs/tool.md lists.</param>
/// <param name="Handler">The handler, by its new name where it has one.</param>
/// <param name="Old">What it was; null where nothing was there.</param>
/// <param name="New">What it is; null where nothing is there.</param>
/// <param name="Why">Why that matters.</param>
internal sealed record Change(ChangeClass Class, string Rule, string Handler, string? Old, string? New, string Why);
