using Handlers.Generators.Tests.Driving;
using static Handlers.Generators.Tests.Driving.Marked;

namespace Handlers.Generators.Tests;

public class AssemblyRuleTests
{
    [Fact]
    public async Task HND019_handlers_share_topic_group_and_transport()
    {
        var found = await CheckAsync("""
            public static class Quakes
            {
                [StreamHandler("a", Group = "g")]
                public static void First(string body) { }

                [StreamHandler({|HND019:"a"|}, Group = "g", Transport = "default")]
                public static void Second(string body) { }

                [StreamHandler("a", Group = "g", Transport = "other")]
                public static void Elsewhere(string body) { }

                [StreamHandler("a")]
                public static void Default(string body) { }
            }
            """);
        Assert.Contains("'Quakes.Second' and 'Quakes.First' both read 'a' in the group 'g'", found[0], StringComparison.Ordinal);
    }

    [Fact]
    public Task HND020_handlers_have_the_same_name() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a")]
            public static void On(string body) { }

            [StreamHandler("b")]
            public static void {|HND020:On|}(byte[] body) { }

            [StreamHandler("c", Name = {|HND020:"quakes.on"|})]
            public static void Other(byte[] body) { }
        }
        """);

    [Fact]
    public Task HND031_SingletonHandler_has_no_effect() => CheckAsync("""
        [{|HND031:SingletonHandler|}]
        public class Quakes
        {
            [StreamHandler("a")]
            public static void On(string body) { }
        }

        [SingletonHandler]
        public class Used
        {
            [StreamHandler("b")]
            public void On(string body) { }
        }
        """);

    [Fact]
    public Task HND032_an_attribute_has_no_effect() => CheckAsync("""
        public class Quakes([{|HND032:FromServices|}] IServiceProvider services)
        {
            [{|HND032:PublishTo("b")|}, {|HND032:Retry|}, {|HND032:RetryTopics("5s")|}, {|HND032:DeadLetter("d")|}, {|HND032:Batch|}, {|HND032:CircuitBreaker("h")|}]
            public string On([{|HND032:FromKey|}] string key, [{|HND032:FromHeader("h")|}] string header) => key + header + services;
        }
        """);

    [Fact]
    public async Task HND037_a_reference_was_built_without_the_generator()
    {
        var library = Sources.Compile("public static class Quakes { [StreamHandler(\"a\")] public static void On(string body) { } }", "Lib");
        var image = new MemoryStream();
        Assert.True(library.Emit(image, cancellationToken: TestContext.Current.CancellationToken).Success);
        var generated = Generated.From("class Nothing;", "App", Microsoft.CodeAnalysis.MetadataReference.CreateFromImage(image.ToArray()));
        var found = Assert.Single(await AnalyzeAsync(generated.Compilation));
        Assert.Equal("HND037", found.Id);
        Assert.Equal(Microsoft.CodeAnalysis.Location.None, found.Location);
        Assert.Contains("builder.AddError(\"HND037\"", generated.Files["AddStreamHandlers.g.cs"], StringComparison.Ordinal);
    }
}
