using static Handlers.Generators.Tests.Driving.Marked;

namespace Handlers.Generators.Tests;

public class FramedRuleTests
{
    [Theory]
    [InlineData("string", "text has no schema")]
    [InlineData("int?", "write the question mark behind Framed<T>")]
    [InlineData("Quake?", "write the question mark behind Framed<T>")]
    [InlineData("Framed<Quake>", "a frame is in no other frame")]
    [InlineData("IReadOnlyList<Quake>", "use IReadOnlyList<Framed<T>>")]
    [InlineData("Message<Quake>", "use IReadOnlyList<Framed<T>>, or IReadOnlyList<Message<Framed<T>>>")]
    [InlineData("OutgoingMessage<Quake>", "return OutgoingMessage<Framed<T>>")]
    public async Task HND066_a_frame_is_around_what_has_none(string content, string why)
    {
        var found = await CheckAsync($$"""
            public record Quake(string Place);

            [JsonSerializable(typeof(Quake)), JsonSerializable(typeof(int))]
            internal sealed partial class AppJson : JsonSerializerContext;

            public static class Quakes
            {
                [StreamHandler("a")]
                public static void Takes({|HND066:Framed<{{content}}>|} quake) { }

                [StreamHandler("b")]
                public static void Lists({|HND066:IReadOnlyList<Message<Framed<{{content}}>?>>|} quakes) { }

                [StreamHandler("c"), PublishTo("d")]
                public static {|HND066:Task<Framed<{{content}}>>|} Returns(byte[] body, CancellationToken stop) => throw new NotSupportedException();

                [StreamHandler("e"), PublishTo("d")]
                public static {|HND066:OutgoingMessage<Framed<{{content}}>>|} ReturnsMessage(byte[] body) => throw new NotSupportedException();
            }
            """);
        Assert.All(found, f => Assert.Contains(why, f, StringComparison.Ordinal));
        Assert.StartsWith($"Handler 'Quakes.Takes' has 'Framed<{content}>': ", found[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task HND067_the_type_is_behind_the_frame()
    {
        var found = await CheckAsync("""
            [JsonPolymorphic, JsonDerivedType(typeof(Opened), "opened")]
            public abstract record Event;

            public sealed record Opened(int Door) : Event;

            [JsonSerializable(typeof(Opened))]
            internal sealed partial class AppJson : JsonSerializerContext;

            public static class Doors
            {
                [StreamHandler("a", MessageType = "opened", TypeFrom = {|HND067:TypeSource.Json|})]
                public static void Written(Framed<Opened> door) { }

                [StreamHandler("b", TypeFrom = {|HND067:TypeSource.Json|})]
                public static void Inferred(Framed<Opened> door) { }

                [StreamHandler("c", MessageType = "opened")]
                public static void ByHeader(Framed<Opened> door) { }

                [StreamHandler("d", MessageType = "opened", TypeFrom = TypeSource.CloudEvents)]
                public static void CloudEvent(Framed<Opened> door) { }
            }
            """);
        Assert.Contains("begins with a frame", found[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task HND004_and_HND005_look_into_the_frame()
    {
        var found = await CheckAsync("""
            public record Quake(string Place);

            public static class Quakes
            {
                [StreamHandler("a")]
                public static void Json({|HND004:Framed<List<Quake>>|} quakes) { }

                [StreamHandler("b")]
                public static void Stream({|HND005:Framed<System.IO.Stream>|} body) { }

                [StreamHandler("c"), PublishTo("d")]
                public static {|HND034:Framed<OnlyReads>|} Packs(byte[] body) => throw new NotSupportedException();
            }

            public sealed class OnlyReads : IUnpack<OnlyReads>
            {
                static OnlyReads IUnpack<OnlyReads>.Unpack(ReadOnlySpan<byte> body) => new();
            }
            """);
        Assert.Contains("the type 'List<Quake>' is on no JsonSerializerContext", found[0], StringComparison.Ordinal);
        Assert.DoesNotContain("batch", found[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task HND004_says_what_a_batch_is()
    {
        var found = await CheckAsync("""
            public record Quake(string Place);

            internal sealed partial class AppJson : JsonSerializerContext;

            public static class Quakes
            {
                [StreamHandler("a")]
                public static void List({|HND004:List<Quake>|} quakes) { }

                [StreamHandler("b")]
                public static void Array({|HND004:Quake[]|} quakes) { }

                [StreamHandler("c"), PublishTo("d")]
                public static {|HND004:List<Quake>|} Result(byte[] body) => [];
            }
            """);
        Assert.EndsWith("; or, for a batch of messages, take IReadOnlyList<Quake>.", found[0], StringComparison.Ordinal);
        Assert.EndsWith("; or, for a batch of messages, take IReadOnlyList<Quake>.", found[1], StringComparison.Ordinal);
        Assert.DoesNotContain("batch", found[2], StringComparison.Ordinal);
    }
}
