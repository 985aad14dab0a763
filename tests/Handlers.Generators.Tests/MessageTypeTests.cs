using System.Text;
using Handlers.Generators.Tests.Driving;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Handlers.Generators.Tests;

/// <summary>Several handlers of one topic and group: an emitted switch over bytes says which of them takes a message.</summary>
public class MessageTypeTests
{
    private const string Source = """
        public record Order(int Number);

        [JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
        [JsonDerivedType(typeof(Opened), "opened"), JsonDerivedType(typeof(Closed), typeDiscriminator: "closed")]
        public abstract record Door;
        public sealed record Opened : Door;
        public sealed record Closed : Door;

        [JsonDerivedType(typeof(Sold), "sold")]
        public interface IEvent;
        public record struct Sold : IEvent;

        [JsonSerializable(typeof(Order)), JsonSerializable(typeof(Door)), JsonSerializable(typeof(Opened)), JsonSerializable(typeof(Closed)), JsonSerializable(typeof(Sold))]
        internal sealed partial class AppJson : JsonSerializerContext;

        public static class Orders
        {
            [StreamHandler("orders", Group = "billing", MessageType = "order.created")] public static void Created(Order order) { }
            [StreamHandler("orders", Group = "billing", MessageType = "order.shipped")] public static void Shipped(Order order) { }
            [StreamHandler("orders", Group = "billing", MessageType = "order.cancelled")] public static void Cancelled(Order order) { }
            [StreamHandler("orders", Group = "billing", MessageType = "bestellung.geöffnet")] public static void Opened(Order order) { }
            [StreamHandler("orders", Group = "other", MessageType = "say \"\n\\", TypeFrom = TypeSource.CloudEvents, TypeName = "t")] public static void Quoted(Order order) { }
            [StreamHandler("orders", Group = "third")] public static void Every(Order order) { }
        }

        public static class Doors
        {
            [StreamHandler("doors", TypeFrom = TypeSource.Json)] public static void Opened(Opened door) { }
            [StreamHandler("doors", TypeFrom = TypeSource.Json)] public static void Closed(Closed? door) { }
            [StreamHandler("doors", TypeFrom = TypeSource.Json, MessageType = "broken")] public static void Broken(Door door) { }
            [StreamHandler("sold", TypeFrom = TypeSource.Json, TypeName = "@type")] public static void Sold(Sold? sold) { }
            [StreamHandler("sold2", TypeFrom = TypeSource.Json)] public static void SoldByDefault(Sold sold) { }
        }
        """;

    private static readonly Lazy<Generated> Program = new(() => Generated.From(Source));

    [Theory]
    [InlineData("Orders.Created", "order.created", TypeSource.Header, null)]
    [InlineData("Orders.Opened", "bestellung.geöffnet", TypeSource.Header, null)]
    [InlineData("Orders.Quoted", "say \"\n\\", TypeSource.CloudEvents, "t")]
    [InlineData("Doors.Opened", "opened", TypeSource.Json, "kind")]
    [InlineData("Doors.Closed", "closed", TypeSource.Json, "kind")]
    [InlineData("Doors.Broken", "broken", TypeSource.Json, "kind")]
    [InlineData("Doors.Sold", "sold", TypeSource.Json, "@type")]
    [InlineData("Doors.SoldByDefault", "sold", TypeSource.Json, null)]
    public void The_switch_finds_the_handler_of_a_type(string handler, string type, TypeSource source, string? name)
    {
        var handlers = new LoadedProgram(Program.Value).Register().Handlers;
        var match = handlers.Single(h => h.Name == handler).MessageType!;
        Assert.Equal((type, source, name), (match.Type, match.Source, match.Name));
        Assert.Equal(match.Index, match.Switch(Encoding.UTF8.GetBytes(type)));
        Assert.Equal(-1, match.Switch(Encoding.UTF8.GetBytes(type.ToUpperInvariant())));
        Assert.Equal(-1, match.Switch([]));
    }

    [Fact]
    public void Handlers_of_one_topic_and_group_have_one_switch()
    {
        var handlers = new LoadedProgram(Program.Value).Register().Handlers;
        var sets = handlers.Where(h => h.MessageType is not null).GroupBy(h => h.MessageType!.Switch.Method).ToArray();
        Assert.Equal([1, 1, 1, 3, 4], sets.Select(s => s.Count()).Order());
        Assert.All(sets, s => Assert.Equal(Enumerable.Range(0, s.Count()), s.Select(h => h.MessageType!.Index).Order()));
        Assert.Null(handlers.Single(h => h.Name == "Orders.Every").MessageType);
    }

    [Fact]
    public void Emitted_files()
    {
        var files = Program.Value.Files.Keys.Where(f => f.StartsWith("Types_orders_billing", StringComparison.Ordinal) || f.StartsWith("Types_orders_other", StringComparison.Ordinal));
        Snapshot.Verify(Program.Value, [.. files.Order(StringComparer.Ordinal), "Orders.Created.g.cs", "Doors.Opened.g.cs"]);
    }

    [Fact]
    public void Names_that_are_spelled_alike_have_switches_of_their_own()
    {
        var generated = Generated.From("""
            public static class On
            {
                [StreamHandler("a-b", MessageType = "x")] public static void A(string s) { }
                [StreamHandler("a_b", MessageType = "x")] public static void B(string s) { }
                [StreamHandler("A.b", MessageType = "x")] public static void C(string s) { }
                [StreamHandler("a", Group = "b", MessageType = "x")] public static void D(string s) { }
                [StreamHandler("a-b", Transport = "second", MessageType = "x")] public static void E(string s) { }
            }
            """);
        Assert.Equal(5, new LoadedProgram(generated).Register().Handlers.Select(h => h.MessageType!.Switch.Method.DeclaringType).Distinct().Count());
    }

    [Fact]
    public void A_handler_that_cannot_be_emitted_is_no_case()
    {
        var generated = Generated.From("""
            public static class On
            {
                [StreamHandler("a", MessageType = "x")] public static void A(string s) { }
                [StreamHandler("a", MessageType = "y")] private static void Hidden(string s) { }
            }
            """);
        var match = Assert.Single(new LoadedProgram(generated).Register().Handlers).MessageType!;
        Assert.Equal((0, -1), (match.Switch("x"u8), match.Switch("y"u8)));
    }

    [Fact]
    public void Another_type_changes_its_own_set_alone()
    {
        var stop = TestContext.Current.CancellationToken;
        var before = Sources.Compile("public static class A { [StreamHandler(\"a\", MessageType = \"m\")] public static void On(string s) { } }")
            .AddSyntaxTrees(Sources.Tree("public static class B { [StreamHandler(\"b\", MessageType = \"m\")] public static void On(string s) { } }", "B.cs"));
        var after = before.AddSyntaxTrees(Sources.Tree("public static class C { [StreamHandler(\"a\", MessageType = \"n\")] public static void On(string s) { } }", "C.cs"));
        var driver = CSharpGeneratorDriver.Create(
            [new HandlersGenerator().AsSourceGenerator()], parseOptions: Sources.Parse,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        var steps = driver.RunGenerators(before, stop).RunGenerators(after, stop).GetRunResult().Results[0].TrackedSteps;
        Assert.Equal([IncrementalStepRunReason.Modified, IncrementalStepRunReason.Unchanged], Reasons(Steps.TypeSwitches).Order());
        // Of the handlers that were there before, the one whose place is the same is not emitted again.
        Assert.Equal([IncrementalStepRunReason.New, IncrementalStepRunReason.Unchanged, IncrementalStepRunReason.Unchanged], Reasons(Steps.NamedHandlers).Order());

        IEnumerable<IncrementalStepRunReason> Reasons(string step) => steps[step].SelectMany(s => s.Outputs).Select(o => o.Reason);
    }
}
