using System.Collections.Concurrent;
using System.Collections.Immutable;
using Handlers.Generators.Model;
using Handlers.Generators.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Handlers.Generators.Analyzers;

/// <summary>Reports what the parser finds wrong with handlers. It has no rules of its own but those about several handlers.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class HandlerAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc />
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = Rules.All;

    /// <inheritdoc />
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        // The generator finds handlers in generated files too.
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.Analyze | GeneratedCodeAnalysisFlags.ReportDiagnostics);
        context.RegisterCompilationStartAction(Start);
    }

    private static void Start(CompilationStartAnalysisContext context)
    {
        if (context.Compilation.GetTypeByMetadataName(HandlerParser.Attribute) is null) return;
        var compilation = context.Compilation;
        var contexts = new Lazy<JsonContexts>(() => new JsonContexts(
            JsonContextParser.Own(compilation, default).Concat(JsonContextParser.Referenced(compilation, default))));
        var declared = new ConcurrentBag<DeclaredHandler>();
        context.RegisterSymbolAction(c => Method((IMethodSymbol)c.Symbol, contexts, declared, c.ReportDiagnostic, c.CancellationToken), SymbolKind.Method);
        context.RegisterSymbolAction(c => StrayRules.CheckType((INamedTypeSymbol)c.Symbol, c.ReportDiagnostic, c.CancellationToken), SymbolKind.NamedType);
        context.RegisterSyntaxNodeAction(c => Function(c, contexts, declared), SyntaxKind.LocalFunctionStatement, SyntaxKind.ParenthesizedLambdaExpression, SyntaxKind.SimpleLambdaExpression);
        context.RegisterCompilationEndAction(c =>
        {
            foreach (var finding in DeclaredHandler.Conflicts(declared, c.CancellationToken).Concat(AssemblyParser.WithoutModule(c.Compilation))) c.ReportDiagnostic(finding.ToDiagnostic());
        });
    }

    // Local functions and lambdas are no symbols that actions come to by themselves.
    private static void Function(SyntaxNodeAnalysisContext context, Lazy<JsonContexts> contexts, ConcurrentBag<DeclaredHandler> declared)
    {
        var method = context.Node switch
        {
            LocalFunctionStatementSyntax { AttributeLists.Count: > 0 } function => context.SemanticModel.GetDeclaredSymbol(function, context.CancellationToken) as IMethodSymbol,
            LambdaExpressionSyntax { AttributeLists.Count: > 0 } lambda => context.SemanticModel.GetSymbolInfo(lambda, context.CancellationToken).Symbol as IMethodSymbol,
            _ => null,
        };
        if (method is not null) Method(method, contexts, declared, context.ReportDiagnostic, context.CancellationToken);
    }

    private static void Method(
        IMethodSymbol method, Lazy<JsonContexts> contexts, ConcurrentBag<DeclaredHandler> declared, Action<Diagnostic> report, CancellationToken stop)
    {
        // The other part of a partial method has the same attributes.
        if (method.PartialDefinitionPart is not null) return;
        if (method.Attribute("Handlers", "StreamHandlerAttribute") is not { } attribute)
        {
            StrayRules.CheckMethod(method, report, stop);
            return;
        }

        var findings = new Findings(SettingsParser.Name(method, attribute));
        var handler = HandlerParser.Parse(method, attribute, findings, stop);
        if (findings.Errors().Count == 0) JsonRule.Apply(handler, contexts.Value, findings, Places.Payload(method, stop), Places.ReturnType(method, stop));
        foreach (var finding in findings.Found) report(finding.ToDiagnostic());
        if (handler.Type.Length == 0) return;
        var whole = new DeclaredHandler(handler, attribute, Places.FirstArgument(attribute, stop), Places.Argument(attribute, "Name", stop, otherwise: Places.Name(method)));
        foreach (var finding in NameRules.Check(whole, stop)) report(finding.ToDiagnostic());
        declared.Add(whole);
    }
}
