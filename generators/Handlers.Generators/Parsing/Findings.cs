using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>A rule that does not hold, and where.</summary>
internal sealed record Finding(DiagnosticDescriptor Rule, Location? Location, string[] Arguments)
{
    public Diagnostic ToDiagnostic() => Diagnostic.Create(Rule, Location, Arguments);

    public ErrorModel ToError() => new(Rule.Id, string.Format(System.Globalization.CultureInfo.InvariantCulture, Rule.MessageFormat.ToString(System.Globalization.CultureInfo.InvariantCulture), Arguments));
}

/// <summary>What the parser found wrong with one handler.</summary>
/// <param name="handler">The handler's name, which is argument 0 of every message.</param>
internal sealed class Findings(string handler)
{
    private readonly List<Finding> found = [];

    public IReadOnlyList<Finding> Found => found;

    public string Handler => handler;

    public void Add(DiagnosticDescriptor rule, Location? location, params string[] arguments) =>
        found.Add(new Finding(rule, location, [handler, .. arguments]));

    /// <summary>The errors, without their places: what stays of them in a model.</summary>
    public EquatableArray<ErrorModel> Errors() =>
        found.Where(f => f.Rule.DefaultSeverity == DiagnosticSeverity.Error).Select(f => f.ToError()).ToEquatableArray();
}
