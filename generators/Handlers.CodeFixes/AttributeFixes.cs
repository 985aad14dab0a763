using Handlers.Generators.Analyzers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;

namespace Handlers.CodeFixes;

/// <summary>HND008: adds [PublishTo]. Its topic is left empty, which is an error of its own: only the author knows it.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
public sealed class AddPublishToFix() : FixProvider(Rules.ResultWithoutPublishTo)
{
    private protected override (string, Action<DocumentEditor>)? Fix(SyntaxNode node) => Method(node) is not { } method ? null : ("Add [PublishTo]", editor =>
    {
        var name = SyntaxFactory.ParseName("global::Handlers.PublishTo").WithAdditionalAnnotations(Simplifier.Annotation);
        var attribute = SyntaxFactory.Attribute(name, SyntaxFactory.ParseAttributeArgumentList("(\"\")"));
        editor.AddAttribute(method, SyntaxFactory.AttributeList([attribute]).WithAdditionalAnnotations(Formatter.Annotation));
    }
    );
}

/// <summary>HND009, HND031, HND032, HND040, HND053, HND058: removes an attribute that has no effect.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
public sealed class RemoveAttributeFix() : FixProvider(
    Rules.PublishToWithoutResult, Rules.SingletonWithoutHandlers, Rules.AttributeWithoutHandler,
    Rules.OnReadRetries, Rules.DeadLetterUnused, Rules.NotABatch)
{
    private protected override (string, Action<DocumentEditor>)? Fix(SyntaxNode node) =>
        node.FirstAncestorOrSelf<AttributeSyntax>() is not { } attribute ? null : ($"Remove [{attribute.Name}]", editor => editor.RemoveNode(attribute));
}

/// <summary>HND043, HND063: removes a setting that has no effect.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
public sealed class RemoveSettingFix() : FixProvider(Rules.ConcurrencyWithoutEffect, Rules.NoMessageType)
{
    private protected override (string, Action<DocumentEditor>)? Fix(SyntaxNode node) =>
        node.FirstAncestorOrSelf<AttributeArgumentSyntax>() is not { NameEquals: { } name } setting ? null : ($"Remove {name.Name}", editor => editor.RemoveNode(setting));
}

/// <summary>HND041: gives up the order that retry topics break.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
public sealed class GiveUpOrderFix() : FixProvider(Rules.RetryTopicsBreakOrder)
{
    private protected override (string, Action<DocumentEditor>)? Fix(SyntaxNode node)
    {
        if (HandlerAttribute.Arguments(Method(node)) is not { } arguments) return null;
        return ("Set Ordering = Ordering.None", editor => HandlerAttribute.Set(editor, arguments, "Ordering", None()));
    }

    private static ExpressionSyntax None() => SyntaxFactory.ParseExpression("global::Handlers.Ordering.None").WithAdditionalAnnotations(Simplifier.Annotation);
}

/// <summary>HND023: Stop becomes Skip, which is all that can be done with a message that is committed already.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
public sealed class SkipFix() : FixProvider(Rules.OnReadCannotStop)
{
    private protected override (string, Action<DocumentEditor>)? Fix(SyntaxNode node)
    {
        var value = node is AttributeArgumentSyntax argument ? argument.Expression : node;
        if (value is not MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Stop" } member) return null;
        return ("Skip instead", editor => editor.ReplaceNode(member.Name, SyntaxFactory.IdentifierName("Skip").WithTriviaFrom(member.Name)));
    }
}

/// <summary>HND068: names a handler after its group. Where handlers share the group, the names that are then alike are an error of their own.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
public sealed class NameAfterGroupFix() : FixProvider(Rules.Names)
{
    private protected override (string, Action<DocumentEditor>)? Fix(SyntaxNode node, string? subject)
    {
        if (subject is null || HandlerAttribute.Arguments(Method(node)) is not { } arguments) return null;
        var name = SyntaxFactory.LiteralExpression(SyntaxKind.StringLiteralExpression, SyntaxFactory.Literal(subject));
        return ($"Set Name = \"{subject}\"", editor => HandlerAttribute.Set(editor, arguments, "Name", name));
    }
}

/// <summary>What is written in [StreamHandler].</summary>
internal static class HandlerAttribute
{
    public static AttributeArgumentListSyntax? Arguments(MethodDeclarationSyntax? method) =>
        method?.AttributeLists.SelectMany(l => l.Attributes).FirstOrDefault(a => Name(a) is "StreamHandler" or "StreamHandlerAttribute")?.ArgumentList;

    /// <summary>Writes a property, in place of what was written for it.</summary>
    public static void Set(DocumentEditor editor, AttributeArgumentListSyntax arguments, string property, ExpressionSyntax value)
    {
        if (arguments.Arguments.FirstOrDefault(a => a.NameEquals?.Name.Identifier.ValueText == property) is { } written)
            editor.ReplaceNode(written.Expression, value.WithTriviaFrom(written.Expression));
        else
            editor.ReplaceNode(arguments, arguments.AddArguments(SyntaxFactory.AttributeArgument(SyntaxFactory.NameEquals(property), null, value)).WithAdditionalAnnotations(Formatter.Annotation));
    }

    private static string Name(AttributeSyntax attribute) =>
        (attribute.Name is QualifiedNameSyntax qualified ? qualified.Right : attribute.Name as SimpleNameSyntax)?.Identifier.ValueText ?? "";
}
