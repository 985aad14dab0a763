using System.Collections.Immutable;
using Handlers.Generators.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace Handlers.CodeFixes;

/// <summary>Fixes of one node in its own document. Every one of them is mechanical: nothing has to be decided.</summary>
public abstract class FixProvider : CodeFixProvider
{
    private protected FixProvider(params DiagnosticDescriptor[] rules) => FixableDiagnosticIds = [.. rules.Select(r => r.Id)];

    /// <inheritdoc />
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; }

    /// <inheritdoc />
    public sealed override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc />
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        foreach (var diagnostic in context.Diagnostics)
        {
            if (root?.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true) is { } node && Fix(node, diagnostic.Properties.GetValueOrDefault(Finding.SubjectProperty)) is { } fix)
                context.RegisterCodeFix(CodeAction.Create(fix.Title, stop => EditAsync(context.Document, fix.Edit, stop), fix.Title), diagnostic);
        }
    }

    /// <summary>The fix for what is underlined, with what the rule says that it works on; null where there is none.</summary>
    private protected virtual (string Title, Action<DocumentEditor> Edit)? Fix(SyntaxNode node, string? subject) => Fix(node);

    /// <summary>The fix for what is underlined; null where there is none.</summary>
    private protected virtual (string Title, Action<DocumentEditor> Edit)? Fix(SyntaxNode node) => null;

    /// <summary>The method that is underlined, or whose part is.</summary>
    private protected static MethodDeclarationSyntax? Method(SyntaxNode node) => node.FirstAncestorOrSelf<MethodDeclarationSyntax>();

    private static async Task<Document> EditAsync(Document document, Action<DocumentEditor> edit, CancellationToken stop)
    {
        var editor = await DocumentEditor.CreateAsync(document, stop).ConfigureAwait(false);
        edit(editor);
        return editor.GetChangedDocument();
    }
}
