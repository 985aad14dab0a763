using Handlers.CodeFixes;
using Handlers.Generators.Tests.Driving;

namespace Handlers.Generators.Tests;

public class CodeFixTests
{
    [Fact]
    public Task HND004_adds_the_payload_to_the_context() => Fixed.CheckAsync(new AddToJsonContextFix(), "HND004", """
        namespace App;

        public record Quake(string Place);

        [JsonSerializable(typeof(int))]
        internal sealed partial class AppJson : JsonSerializerContext;

        public static class Quakes
        {
            [StreamHandler("a")]
            public static void On(List<Quake> quakes) { }
        }
        """, """
        namespace App;

        public record Quake(string Place);

        [JsonSerializable(typeof(int))]
        [JsonSerializable(typeof(List<Quake>))]
        internal sealed partial class AppJson : JsonSerializerContext;

        public static class Quakes
        {
            [StreamHandler("a")]
            public static void On(List<Quake> quakes) { }
        }
        """);

    [Fact]
    public Task HND004_adds_the_result_to_the_context() => Fixed.CheckAsync(new AddToJsonContextFix(), "HND004", """
        public record Quake(string Place);

        internal sealed partial class AppJson : JsonSerializerContext;

        public static class Quakes
        {
            [StreamHandler("a"), PublishTo("b")]
            public static Task<Quake?> On(string place, CancellationToken stop) => Task.FromResult<Quake?>(new(place));
        }
        """, """
        public record Quake(string Place);

        [JsonSerializable(typeof(Quake))]
        internal sealed partial class AppJson : JsonSerializerContext;

        public static class Quakes
        {
            [StreamHandler("a"), PublishTo("b")]
            public static Task<Quake?> On(string place, CancellationToken stop) => Task.FromResult<Quake?>(new(place));
        }
        """);

    [Fact]
    public Task HND004_declares_a_context_where_there_is_none() => Fixed.CheckAsync(new AddToJsonContextFix(), "HND004", """
        namespace App;

        public record Quake(string Place);

        public static class Quakes
        {
            [StreamHandler("a")]
            public static void On(Quake quake) { }
        }
        """, """
        namespace App;

        public record Quake(string Place);

        public static class Quakes
        {
            [StreamHandler("a")]
            public static void On(Quake quake) { }
        }

        [JsonSerializable(typeof(Quake))]
        internal sealed partial class AppJson : JsonSerializerContext;

        """);

    [Fact]
    public Task HND007_returns_a_task() => Fixed.CheckAsync(new ReturnTaskFix(), "HND007", """
        public static class Quakes
        {
            [StreamHandler("a")]
            public static async void On(string body) => await Task.Yield();
        }
        """, """
        public static class Quakes
        {
            [StreamHandler("a")]
            public static async Task On(string body) => await Task.Yield();
        }
        """);

    [Fact]
    public Task HND008_adds_PublishTo() => Fixed.CheckAsync(new AddPublishToFix(), "HND008", """
        public static class Quakes
        {
            [StreamHandler("a")]
            public static string On(string body) => body;
        }
        """, """
        public static class Quakes
        {
            [StreamHandler("a")]
            [PublishTo("")]
            public static string On(string body) => body;
        }
        """);

    [Theory]
    [InlineData("HND009", "[StreamHandler(\"a\"), PublishTo(\"b\")] public static void On(string body) { }", "[StreamHandler(\"a\")] public static void On(string body) { }")]
    [InlineData("HND032", "public static void On([FromKey] string body) { }", "public static void On(string body) { }")]
    public Task HND009_HND032_remove_the_attribute(string id, string source, string expected) =>
        Fixed.CheckAsync(new RemoveAttributeFix(), id, $"public static class Quakes {{ {source} }}", $"public static class Quakes {{ {expected} }}");

    [Fact]
    public Task HND031_removes_the_attribute() => Fixed.CheckAsync(new RemoveAttributeFix(), "HND031", """
        [SingletonHandler]
        public class Quakes;
        """, """
        public class Quakes;
        """);

    [Fact]
    public Task HND012_makes_the_method_internal() => Fixed.CheckAsync(new MakeInternalFix(), "HND012", """
        public static class Quakes
        {
            [StreamHandler("a")]
            private static void On(string body) { }
        }
        """, """
        public static class Quakes
        {
            [StreamHandler("a")]
            internal static void On(string body) { }
        }
        """);

    [Fact]
    public Task HND023_skips() => Fixed.CheckAsync(new SkipFix(), "HND023", """
        public static class Quakes
        {
            [StreamHandler("a", Commit = Commit.OnRead, OnFailure = FailedHandler.Stop)]
            public static void On(string body) { }
        }
        """, """
        public static class Quakes
        {
            [StreamHandler("a", Commit = Commit.OnRead, OnFailure = FailedHandler.Skip)]
            public static void On(string body) { }
        }
        """);

    [Fact]
    public Task HND026_adds_a_token() => Fixed.CheckAsync(new AddCancellationTokenFix(), "HND026", """
        public static class Quakes
        {
            [StreamHandler("a", TimeLimitSeconds = 3)]
            public static void On(string stop) { }
        }
        """, """
        public static class Quakes
        {
            [StreamHandler("a", TimeLimitSeconds = 3)]
            public static void On(string stop, CancellationToken cancellationToken) { }
        }
        """);

    [Fact]
    public Task HND027_adds_a_token() => Fixed.CheckAsync(new AddCancellationTokenFix(), "HND027", """
        public static class Quakes
        {
            [StreamHandler("a")]
            public static Task On(string body, [FromKey] string? key = null) => Task.CompletedTask;
        }
        """, """
        public static class Quakes
        {
            [StreamHandler("a")]
            public static Task On(string body, CancellationToken stop, [FromKey] string? key = null) => Task.CompletedTask;
        }
        """);

    [Theory]
    [InlineData("HND040", "[StreamHandler(\"a\", Commit = Commit.OnRead), Retry] public static void On(string body) { }", "[StreamHandler(\"a\", Commit = Commit.OnRead)] public static void On(string body) { }")]
    [InlineData(
        "HND053", "[StreamHandler(\"a\", OnInvalid = InvalidMessage.Skip, OnFailure = FailedHandler.Stop), DeadLetter(\"d\")] public static void On(string body) { }",
        "[StreamHandler(\"a\", OnInvalid = InvalidMessage.Skip, OnFailure = FailedHandler.Stop)] public static void On(string body) { }")]
    [InlineData("HND058", "[StreamHandler(\"a\")] [Batch(Size = 10)] public static void On(string body) { }", "[StreamHandler(\"a\")] public static void On(string body) { }")]
    public Task HND040_HND053_HND058_remove_the_attribute(string id, string source, string expected) =>
        Fixed.CheckAsync(new RemoveAttributeFix(), id, $"public static class Quakes {{ {source} }}", $"public static class Quakes {{ {expected} }}");

    [Theory]
    [InlineData("HND043", "Group = \"g\", Concurrency = 4", "Group = \"g\"")]
    [InlineData("HND063", "TypeName = \"t\", Group = \"g\"", "Group = \"g\"")]
    public Task HND043_HND063_remove_the_setting(string id, string settings, string expected) => Fixed.CheckAsync(
        new RemoveSettingFix(), id,
        $"public static class Quakes {{ [StreamHandler(\"a\", {settings})] public static void On(string body) {{ }} }}",
        $"public static class Quakes {{ [StreamHandler(\"a\", {expected})] public static void On(string body) {{ }} }}");

    [Theory]
    [InlineData("[StreamHandler(\"a\"), RetryTopics(\"5s\")]", "[StreamHandler(\"a\", Ordering = Ordering.None), RetryTopics(\"5s\")]")]
    [InlineData("[RetryTopics(\"5s\")] [Handlers.StreamHandler(\"a\", Ordering = Ordering.Key, Group = \"g\")]", "[RetryTopics(\"5s\")] [Handlers.StreamHandler(\"a\", Ordering = Ordering.None, Group = \"g\")]")]
    public Task HND041_gives_up_order(string source, string expected) => Fixed.CheckAsync(
        new GiveUpOrderFix(), "HND041",
        $"public static class Quakes {{ {source} public static void On(string body) {{ }} }}",
        $"public static class Quakes {{ {expected} public static void On(string body) {{ }} }}");

    [Theory]
    [InlineData("", ", Name = \"kafka_consumer.audit\"")]
    [InlineData(", Name = \"Audit\"", ", Name = \"kafka_consumer.audit\"")]
    public Task HND068_names_the_handler_after_its_group(string before, string after) => Fixed.CheckAsync(new NameAfterGroupFix(), "HND068", $$"""
        public static class Orders
        {
            [StreamHandler("a", Group = "shop.audit"{{before}})]
            public static void On(string body) { }
        }
        """, $$"""
        public static class Orders
        {
            [StreamHandler("a", Group = "shop.audit"{{after}})]
            public static void On(string body) { }
        }
        """);
}
