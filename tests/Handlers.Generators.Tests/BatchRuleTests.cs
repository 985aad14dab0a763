using static Handlers.Generators.Tests.Driving.Marked;

namespace Handlers.Generators.Tests;

public class BatchRuleTests
{
    [Fact]
    public Task HND055_a_batch_is_committed_as_a_whole() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a", Commit = {|HND055:Commit.EachMessage|})]
            public static void Each(IReadOnlyList<string> bodies) { }

            [StreamHandler("b", Preset = {|HND055:Preset.InOrder|})]
            public static void InOrder(IReadOnlyList<string> bodies) { }

            [StreamHandler("c", Preset = Preset.InOrder, Commit = Commit.Watermark)]
            public static void Right(IReadOnlyList<string> bodies) { }
        }
        """);

    [Fact]
    public Task HND056_a_batch_has_many_keys() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a", Ordering = {|HND056:Ordering.Key|})]
            public static void On(IReadOnlyList<string> bodies) { }

            [StreamHandler("b", Ordering = Ordering.None)]
            public static void Right(IReadOnlyList<string> bodies) { }
        }
        """);

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("100_001")]
    public Task HND057_the_size_of_a_batch_is_out_of_its_range(string size) => CheckAsync($$"""
        public static class Quakes
        {
            [StreamHandler("a"), Batch(Size = {|HND057:{{size}}|})]
            public static void On(IReadOnlyList<string> bodies) { }
        }
        """);

    [Fact]
    public Task HND058_Batch_is_for_handlers_of_lists() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a"), {|HND058:Batch(Size = 10)|}]
            public static void On(string body) { }
        }
        """);

    [Fact]
    public Task HND059_BatchContext_is_for_handlers_of_lists() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a")]
            public static void On(string body, {|HND059:BatchContext|} context) { }

            [StreamHandler("b")]
            public static void Right(IReadOnlyList<string> bodies, BatchContext context) { }
        }
        """);

    [Fact]
    public async Task HND060_a_batch_has_no_single_key_header_or_context()
    {
        var found = await CheckAsync("""
            public static class Quakes
            {
                [StreamHandler("a")]
                public static void On(IReadOnlyList<string> bodies, {|HND060:[FromKey] string key|}, {|HND060:[FromHeader("h")] string? header|}, {|HND060:MessageContext context|}) { }
            }
            """);
        Assert.Equal("Handler 'Quakes.On' takes batches, and its parameter 'key' is the key of one message. Take IReadOnlyList<Message<T>> and use Message<T>.Context.Key.", found[0]);
    }

    [Theory]
    [InlineData("string", "return \"\";")]
    [InlineData("Task<string>", "return Task.FromResult(\"\");")]
    [InlineData("IReadOnlyList<string>", "return bodies;")]
    public Task HND061_a_handler_of_batches_returns_no_result(string type, string body) => CheckAsync($$"""
        public static class Quakes
        {
            [StreamHandler("a"), PublishTo("b")]
            public static {|HND061:{{type}}|} Published(IReadOnlyList<string> bodies, CancellationToken stop) { {{body}} }

            [StreamHandler("c")]
            public static {|HND061:{{type}}|} Lost(IReadOnlyList<string> bodies, CancellationToken stop) { {{body}} }
        }
        """);

    [Fact]
    public Task HND062_a_handler_of_batches_takes_every_type() => CheckAsync("""
        [JsonDerivedType(typeof(Opened), "opened")]
        public abstract class Event;
        public sealed class Opened : Event;

        [JsonSerializable(typeof(Opened))]
        internal sealed partial class AppJson : JsonSerializerContext;

        public static class Quakes
        {
            [StreamHandler("a", MessageType = {|HND062:"opened"|})]
            public static void Written(IReadOnlyList<string> bodies) { }

            [StreamHandler("b", TypeFrom = {|HND062:TypeSource.Json|})]
            public static void Inferred(IReadOnlyList<Opened> events) { }
        }
        """);
}
