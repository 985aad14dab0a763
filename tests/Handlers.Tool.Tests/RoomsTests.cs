using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Handlers.Tool.Tests;

/// <summary>The rooms of the tool (its folders) and which others each may know, as docs/architecture.md draws them.</summary>
public sealed class RoomsTests
{
    private static readonly Dictionary<string, string[]> MayKnow = new()
    {
        ["Output"] = [],
        ["Connect"] = ["Output"],
        ["Move"] = ["Topology", "Output"],
        ["Topology"] = ["Output"],
        ["Schema"] = ["Topology", "Output"],
        ["Document"] = ["Schema", "Topology", "Output"],
        ["Rights"] = ["Topology", "Output"],
        ["Diff"] = ["Schema", "Topology", "Output"],
    };

    [Fact]
    public void No_room_knows_one_that_stands_above_it()
    {
        var stop = TestContext.Current.CancellationToken;
        var source = Path.Combine(Ran.Place("Source"), "Handlers.Tool");
        var trees = MayKnow.Keys.Append("Commands").SelectMany(room => Directory.GetFiles(Path.Combine(source, room), "*.cs").Select(f => (Room: room, Root: CSharpSyntaxTree.ParseText(File.ReadAllText(f), path: f, cancellationToken: stop).GetRoot(stop)))).ToList();
        var rooms = trees.SelectMany(t => t.Root.DescendantNodes().OfType<BaseTypeDeclarationSyntax>().Where(d => d.Parent is BaseNamespaceDeclarationSyntax).Select(d => (d.Identifier.Text, t.Room))).ToLookup(d => d.Text, d => d.Room);
        Assert.True(rooms.Count > 30);
        var arrows = from tree in trees
                     where tree.Room != "Commands"
                     from name in tree.Root.DescendantNodes().OfType<SimpleNameSyntax>()
                     where name.Parent is not MemberAccessExpressionSyntax access || access.Expression == name
                     from room in rooms[name.Identifier.Text]
                     where room != tree.Room && !MayKnow[tree.Room].Contains(room)
                     select $"{tree.Room}/{Path.GetFileName(tree.Root.SyntaxTree.FilePath)} knows {name.Identifier.Text}";
        Assert.Empty(arrows.Distinct());
    }
}
