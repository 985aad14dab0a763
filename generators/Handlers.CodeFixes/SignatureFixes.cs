using Handlers.Generators.Analyzers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Simplification;

namespace Handlers.CodeFixes;

/// <summary>HND026, HND027: adds a CancellationToken.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
public sealed class AddCancellationTokenFix() : FixProvider(Rules.TimeLimitNotHeard, Rules.NotCancellable)
{
    private protected override (string, Action<DocumentEditor>)? Fix(SyntaxNode node) =>
        Method(node) is not { } method ? null : ("Add a CancellationToken parameter", editor => editor.ReplaceNode(method, WithToken(method)));

    private static MethodDeclarationSyntax WithToken(MethodDeclarationSyntax method)
    {
        var parameters = method.ParameterList.Parameters;
        var name = parameters.Any(p => p.Identifier.ValueText == "stop") ? "cancellationToken" : "stop";
        var token = SyntaxFactory.Parameter(SyntaxFactory.Identifier(name)).WithType(Types.Named("System.Threading.CancellationToken"));
        // Parameters with a default come last.
        var at = parameters.IndexOf(p => p.Default is not null);
        return method.WithParameterList(method.ParameterList.WithParameters(parameters.Insert(at < 0 ? parameters.Count : at, token)));
    }
}

/// <summary>HND007: async void becomes async Task.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
public sealed class ReturnTaskFix() : FixProvider(Rules.AsyncVoid)
{
    private protected override (string, Action<DocumentEditor>)? Fix(SyntaxNode node) => Method(node) is not { } method ? null : ("Return Task", editor =>
        editor.ReplaceNode(method.ReturnType, Types.Named("System.Threading.Tasks.Task").WithTriviaFrom(method.ReturnType)));
}

/// <summary>HND012: a hidden method becomes internal. A hidden type is hidden for reasons of its own.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
public sealed class MakeInternalFix() : FixProvider(Rules.NotAccessible)
{
    private protected override (string, Action<DocumentEditor>)? Fix(SyntaxNode node)
    {
        if (Method(node) is not { ExplicitInterfaceSpecifier: null } method || IsVisible(method)) return null;
        return ("Make the method internal", editor => editor.SetAccessibility(method, Accessibility.Internal));
    }

    private static bool IsVisible(MethodDeclarationSyntax method) =>
        method.Modifiers.Any(SyntaxKind.PublicKeyword) || method.Modifiers.Any(SyntaxKind.InternalKeyword);
}

internal static class Types
{
    /// <summary>A type by its full name, which is shortened to what its place allows.</summary>
    public static TypeSyntax Named(string name) => SyntaxFactory.ParseTypeName("global::" + name).WithAdditionalAnnotations(Simplifier.Annotation);
}
