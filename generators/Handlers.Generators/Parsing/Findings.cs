using System.Collections.Immutable;
using System.Globalization;
using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>A rule that does not hold, and where.</summary>
internal sealed record Finding(DiagnosticDescriptor Rule, Location? Location, string[] Arguments)
{
    /// <summary>The property of a diagnostic that holds <see cref="Subject"/>.</summary>
    public const string SubjectProperty = "Subject";

    /// <summary>What a code fix works on, as C# spells it; null where the place says it.</summary>
    public string? Subject { get; init; }

    public Diagnostic ToDiagnostic() => Diagnostic.Create(
        Rule, Location, Subject is null ? null : ImmutableDictionary<string, string?>.Empty.Add(SubjectProperty, Subject), Arguments);

    public ErrorModel ToError() => new(Rule.Id, string.Format(CultureInfo.InvariantCulture, Rule.MessageFormat.ToString(CultureInfo.InvariantCulture), Arguments));
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

    /// <summary>Adds what a code fix works on.</summary>
    public void AddFor(string subject, DiagnosticDescriptor rule, Location? location, params string[] arguments) =>
        found.Add(new Finding(rule, location, [handler, .. arguments]) { Subject = subject });

    /// <summary>The errors, without their places: what stays of them in a model.</summary>
    public EquatableArray<ErrorModel> Errors() =>
        found.Where(f => f.Rule.DefaultSeverity == DiagnosticSeverity.Error).Select(f => f.ToError()).ToEquatableArray();
}
