using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Handlers.Tests;

/// <summary>The rooms of the core (its folders) and which other rooms each may know, as docs/architecture.md draws them.</summary>
public sealed class RoomsTests
{
    private static readonly Dictionary<string, string[]> MayKnow = new()
    {
        ["Declare"] = [],
        ["Unpack"] = ["Declare"],
        ["Transport"] = ["Declare"],
        ["Telemetry"] = ["Declare", "Transport"],
        ["Register"] = ["Declare", "Unpack", "Transport", "Telemetry"],
        ["Order"] = ["Declare", "Transport", "Register", "Dispatch", "Telemetry"],
        ["Commit"] = ["Declare", "Transport", "Register", "Telemetry"],
        ["Dispatch"] = ["Declare", "Unpack", "Transport", "Register", "Telemetry"],
        ["Consume"] = ["Declare", "Unpack", "Transport", "Register", "Order", "Commit", "Dispatch", "Telemetry"],
        ["Redrive"] = ["Declare", "Transport", "Register", "Commit", "Telemetry"],
        ["Replay"] = ["Declare", "Transport"],
        ["Host"] = ["Declare", "Unpack", "Transport", "Register", "Order", "Commit", "Dispatch", "Consume", "Redrive", "Replay", "Telemetry"],
    };

    [Fact]
    public void No_room_knows_one_that_stands_above_it()
    {
        var source = typeof(RoomsTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "Core").Value!;
        var trees = MayKnow.Keys.SelectMany(room => Directory.GetFiles(Path.Combine(source, room), "*.cs"))
            .Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: file, cancellationToken: TestContext.Current.CancellationToken)).ToList();
        var declared = trees.SelectMany(tree => tree.GetRoot(TestContext.Current.CancellationToken).DescendantNodes()
                .Where(n => n is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax && n.Parent is BaseNamespaceDeclarationSyntax)
                .Select(n => (Name: n is BaseTypeDeclarationSyntax type ? type.Identifier.Text : ((DelegateDeclarationSyntax)n).Identifier.Text, Room: RoomOf(tree))))
            .GroupBy(d => d.Name).ToDictionary(g => g.Key, g => g.Select(d => d.Room).ToHashSet());
        Assert.True(declared.Count > 60);

        var arrows = from tree in trees
                     let room = RoomOf(tree)
                     from name in tree.GetRoot(TestContext.Current.CancellationToken).DescendantNodes().OfType<SimpleNameSyntax>()
                     where IsType(name) && declared.TryGetValue(name.Identifier.Text, out var rooms) && !rooms.Contains(room) && !rooms.Overlaps(MayKnow[room])
                     select $"{room}/{Path.GetFileName(tree.FilePath)} knows {name.Identifier.Text}";
        Assert.Empty(arrows.Distinct());
    }

    /// <summary>A name in a type's place, or before a dot. Members that are named like a type are not.</summary>
    private static bool IsType(SimpleNameSyntax name) => name.Parent switch
    {
        MemberAccessExpressionSyntax access => access.Expression == name && char.IsUpper(name.Identifier.Text[0]) && !IsMember(name),
        NameColonSyntax or NameEqualsSyntax or AssignmentExpressionSyntax or ArgumentSyntax { Expression: IdentifierNameSyntax } => false,
        _ => !IsMember(name),
    };

    private static bool IsMember(SimpleNameSyntax name) => name.Ancestors().OfType<TypeDeclarationSyntax>()
        .SelectMany(t => t.Members).Any(m => m is PropertyDeclarationSyntax p && p.Identifier.Text == name.Identifier.Text && name.Parent is not (VariableDeclarationSyntax or ParameterSyntax));

    private static string RoomOf(SyntaxTree tree) => Path.GetFileName(Path.GetDirectoryName(tree.FilePath)!);
}
