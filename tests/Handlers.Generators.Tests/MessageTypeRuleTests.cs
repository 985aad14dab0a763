using static Handlers.Generators.Tests.Driving.Marked;

namespace Handlers.Generators.Tests;

public class MessageTypeRuleTests
{
    [Fact]
    public async Task HND019_handlers_share_a_topic_and_one_takes_every_type()
    {
        var found = await CheckAsync("""
            public static class Orders
            {
                [StreamHandler({|HND019:"a"|})]
                public static void Every(string body) { }

                [StreamHandler("a", MessageType = "created")]
                public static void Created(string body) { }

                [StreamHandler("b", MessageType = "created")]
                public static void First(string body) { }

                [StreamHandler({|HND019:"b"|})]
                public static void Second(string body) { }

                [StreamHandler({|HND019:"b"|})]
                public static void Third(IReadOnlyList<string> bodies) { }
            }
            """);
        Assert.Contains("'Orders.Every' and 'Orders.Created' both read 'a'", found[0], StringComparison.Ordinal);
        Assert.Contains("'Orders.Third' and 'Orders.First' both read 'b'", found[2], StringComparison.Ordinal);
        Assert.EndsWith("or each a MessageType.", found[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MessageType")]
    [InlineData("TypeName")]
    public Task HND022_a_type_is_empty(string property) => CheckAsync($$"""
        public static class Orders
        {
            [StreamHandler("a", {{(property == "MessageType" ? "" : "MessageType = \"x\", ")}}{{property}} = {|HND022:" "|})]
            public static void On(string body) { }

            [StreamHandler("b"), Retry(Pipeline = {|HND022:""|})]
            public static void Pipeline(string body) { }
        }
        """);

    [Fact]
    public Task HND063_it_has_no_effect_without_a_type() => CheckAsync("""
        [JsonDerivedType(typeof(Numbered), 1)]
        public class Event;
        public sealed class Numbered : Event;

        [JsonSerializable(typeof(Numbered))]
        internal sealed partial class AppJson : JsonSerializerContext;

        public static class Orders
        {
            [StreamHandler("a", TypeFrom = {|HND063:TypeSource.CloudEvents|}, TypeName = {|HND063:"t"|}, OnUnmatched = {|HND063:UnmatchedType.Skip|})]
            public static void On(string body) { }

            [StreamHandler("b", TypeFrom = {|HND063:TypeSource.Json|})]
            public static void A_number_is_no_text(Numbered body) { }
        }
        """);

    [Fact]
    public async Task HND064_two_handlers_take_the_same_type()
    {
        var found = await CheckAsync("""
            public static class Orders
            {
                [StreamHandler("a", MessageType = "created")]
                public static void First(string body) { }

                [StreamHandler("a", MessageType = "cancelled")]
                public static void Other(string body) { }

                [StreamHandler({|HND064:"a"|}, MessageType = "created")]
                public static void Second(string body) { }

                [StreamHandler("a", MessageType = "created", Group = "other")]
                public static void Elsewhere(string body) { }
            }
            """);
        Assert.Contains("'Orders.Second' and 'Orders.First' both take messages of type 'created' of topic 'a'", found[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Ordering = Ordering.None", "Ordering", "Lane", "None")]
    [InlineData("Commit = Commit.EachMessage", "Commit", "Watermark", "EachMessage")]
    [InlineData("TypeFrom = TypeSource.CloudEvents", "TypeFrom", "Header", "CloudEvents")]
    [InlineData("TypeName = \"kind\"", "TypeName", "the default", "kind")]
    [InlineData("OnUnmatched = UnmatchedType.Stop", "OnUnmatched", "Skip", "Stop")]
    [InlineData("Start = StartFrom.Latest", "Start", "Default", "Latest")]
    public async Task HND065_handlers_disagree(string setting, string property, string one, string other)
    {
        var value = setting.Split(" = ")[1];
        var found = await CheckAsync($$"""
            public static class Orders
            {
                [StreamHandler("a", MessageType = "created")]
                public static void First(string body) { }

                [StreamHandler("a", MessageType = "cancelled", {{property}} = {|HND065:{{value}}|})]
                public static void Second(string body) { }
            }
            """);
        Assert.Equal($"Handlers 'Orders.First' and 'Orders.Second' share topic 'a' and the group that is the application's name, and so {property}, but the one has {one} and the other {other}. Write the same in both, or give one of them a Group of its own.", found[0]);
    }

    [Fact]
    public Task HND065_handlers_disagree_by_what_they_leave_out() => CheckAsync("""
        public static class Orders
        {
            [StreamHandler("a", MessageType = "1", Ordering = Ordering.Key, Concurrency = 16)]
            public static void Default(string body) { }

            [StreamHandler("a", MessageType = "2", Ordering = Ordering.Key)]
            public static void AlsoDefault(string body) { }

            [StreamHandler("a", MessageType = "3", Ordering = Ordering.Key, Concurrency = {|HND065:8|})]
            public static void Fewer(string body) { }

            [StreamHandler("b", MessageType = "1")]
            public static void Plain(string body) { }

            [StreamHandler("b", MessageType = "2", Preset = {|HND065:Preset.Fast|})]
            public static void Fast(string body) { }

            [StreamHandler("c", MessageType = "1", Ordering = Ordering.None)]
            public static void None(string body) { }

            [StreamHandler({|HND065:"c"|}, MessageType = "2")]
            public static void Lane(string body) { }

            [StreamHandler("d", MessageType = "1", Start = StartFrom.Time, StartAt = "2026-01-31")]
            public static void January(string body) { }

            [StreamHandler("d", MessageType = "2", Start = StartFrom.Time, StartAt = {|HND065:"2026-02-28"|})]
            public static void February(string body) { }

            [StreamHandler("f", MessageType = "1", TypeName = "type")]
            public static void Named(string body) { }

            [StreamHandler("f", MessageType = "2")]
            public static void NamedByDefault(string body) { }

            [StreamHandler("e", MessageType = "1", OnUnmatched = UnmatchedType.DeadLetter), DeadLetter("x")]
            public static void OneTopic(string body) { }

            [StreamHandler("e", MessageType = "2", OnUnmatched = {|HND065:UnmatchedType.DeadLetter|}), DeadLetter("y")]
            public static void AnotherTopic(string body) { }
        }
        """);
}
