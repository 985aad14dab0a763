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

/// <summary>HND009, HND031, HND032: removes an attribute that has no effect.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
public sealed class RemoveAttributeFix() : FixProvider(Rules.PublishToWithoutResult, Rules.SingletonWithoutHandlers, Rules.AttributeWithoutHandler)
{
    private protected override (string, Action<DocumentEditor>)? Fix(SyntaxNode node) =>
        node.FirstAncestorOrSelf<AttributeSyntax>() is not { } attribute ? null : ($"Remove [{attribute.Name}]", editor => editor.RemoveNode(attribute));
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
