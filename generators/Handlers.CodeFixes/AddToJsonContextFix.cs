using System.Collections.Immutable;
using Handlers.Generators.Analyzers;
using Handlers.Generators.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;

namespace Handlers.CodeFixes;

/// <summary>HND004: puts the payload's type on the project's JSON context; where there is none, declares one beside the handler.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
public sealed class AddToJsonContextFix : CodeFixProvider
{
    private const string Namespace = "global::System.Text.Json.Serialization.";

    /// <inheritdoc />
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.NotOnJsonContext.Id];

    /// <inheritdoc />
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc />
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var compilation = await context.Document.Project.GetCompilationAsync(context.CancellationToken).ConfigureAwait(false);
        if (compilation is null) return;
        var declared = Declaration(compilation, context.CancellationToken);
        foreach (var diagnostic in context.Diagnostics)
        {
            if (!diagnostic.Properties.TryGetValue(Finding.SubjectProperty, out var type) || type is null) continue;
            var title = declared is null ? "Declare a JsonSerializerContext for the payload" : $"Add the payload to {declared.Identifier.ValueText}";
            context.RegisterCodeFix(
                CodeAction.Create(title, stop => declared is null ? DeclareAsync(context.Document, diagnostic, type, stop) : AddAsync(context.Document.Project.Solution, declared, type, stop), title),
                diagnostic);
        }
    }

    // The context that the message names, or else any, even one that knows no type yet.
    private static ClassDeclarationSyntax? Declaration(Compilation compilation, CancellationToken stop)
    {
        var types = compilation.GetSymbolsWithName(static _ => true, SymbolFilter.Type, stop).OfType<INamedTypeSymbol>()
            .Where(t => t.BaseType.Is("System.Text.Json.Serialization", "JsonSerializerContext"))
            .OrderBy(t => t.Attribute("System.Text.Json.Serialization", "JsonSerializableAttribute") is null)
            .ThenBy(t => t.Key(), StringComparer.Ordinal);
        return types.SelectMany(t => t.DeclaringSyntaxReferences).Select(r => r.GetSyntax(stop)).OfType<ClassDeclarationSyntax>()
            .FirstOrDefault(c => c.BaseList is not null);
    }

    private static async Task<Solution> AddAsync(Solution solution, ClassDeclarationSyntax context, string type, CancellationToken stop)
    {
        var editor = await DocumentEditor.CreateAsync(solution.GetDocument(context.SyntaxTree)!, stop).ConfigureAwait(false);
        var attribute = SyntaxFactory.Attribute(
            SyntaxFactory.ParseName(Namespace + "JsonSerializable").WithAdditionalAnnotations(Simplifier.Annotation),
            SyntaxFactory.AttributeArgumentList([SyntaxFactory.AttributeArgument(TypeOf(type))]));
        editor.AddAttribute(context, SyntaxFactory.AttributeList([attribute]).WithAdditionalAnnotations(Formatter.Annotation));
        return editor.GetChangedDocument().Project.Solution;
    }

    private static async Task<Solution> DeclareAsync(Document document, Diagnostic diagnostic, string type, CancellationToken stop)
    {
        var editor = await DocumentEditor.CreateAsync(document, stop).ConfigureAwait(false);
        var handler = editor.OriginalRoot.FindNode(diagnostic.Location.SourceSpan).AncestorsAndSelf().OfType<TypeDeclarationSyntax>().Last();
        var name = editor.SemanticModel.LookupNamespacesAndTypes(handler.SpanStart, name: "AppJson").IsEmpty ? "AppJson" : "HandlersJson";
        var declaration = SyntaxFactory.ParseMemberDeclaration(
            $"[{Namespace}JsonSerializable(typeof({type}))]\ninternal sealed partial class {name} : {Namespace}JsonSerializerContext;\n")!;
        var shortened = declaration.ReplaceNodes(
            declaration.DescendantNodes().Where(n => n is NameSyntax or TypeSyntax && n.Parent is not NameSyntax),
            static (_, node) => node.WithAdditionalAnnotations(Simplifier.Annotation));
        editor.InsertAfter(handler, shortened.WithLeadingTrivia(SyntaxFactory.ElasticCarriageReturnLineFeed).WithAdditionalAnnotations(Formatter.Annotation));
        return editor.GetChangedDocument().Project.Solution;
    }

    private static TypeOfExpressionSyntax TypeOf(string type) =>
        SyntaxFactory.TypeOfExpression(SyntaxFactory.ParseTypeName(type).WithAdditionalAnnotations(Simplifier.Annotation));
}
