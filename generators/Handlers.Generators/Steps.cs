namespace Handlers.Generators;

/// <summary>The names of the generator's steps. Tests hold each to being cached.</summary>
internal static class Steps
{
    public const string Parsed = "Parsed";
    public const string Lambdas = "Lambdas";
    public const string OwnContexts = "OwnContexts";
    public const string ReferencedContexts = "ReferencedContexts";
    public const string Contexts = "Contexts";
    public const string Handlers = "Handlers";
    public const string TakenNames = "TakenNames";
    public const string TypeSets = "TypeSets";
    public const string TypeSwitches = "TypeSwitches";
    public const string NamedHandlers = "NamedHandlers";
    public const string Assembly = "Assembly";
    public const string AllHandlers = "AllHandlers";

    public static IReadOnlyList<string> All { get; } =
        [Parsed, Lambdas, OwnContexts, ReferencedContexts, Contexts, Handlers, TakenNames, TypeSets, TypeSwitches, NamedHandlers, Assembly, AllHandlers];
}
