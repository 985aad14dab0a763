using static Handlers.Generators.Tests.Driving.Marked;

namespace Handlers.Generators.Tests;

public class DeadLetterRuleTests
{
    [Theory]
    [InlineData("\"\"")]
    [InlineData("\" \"")]
    [InlineData("null!")]
    public Task HND050_the_topic_of_dead_letters_is_empty(string topic) => CheckAsync($$"""
        public static class Quakes
        {
            [StreamHandler("a"), DeadLetter({|HND050:{{topic}}|})]
            public static void On(string body) { }
        }
        """);

    [Fact]
    public Task HND051_dead_letters_go_to_the_topic_that_the_handler_reads() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a"), DeadLetter({|HND051:"a"|})]
            public static void On(string body) { }
        }
        """);

    [Fact]
    public async Task HND052_there_is_no_topic_for_dead_letters()
    {
        var found = await CheckAsync("""
            public static class Quakes
            {
                [StreamHandler("a", OnFailure = {|HND052:FailedHandler.DeadLetter|}, OnInvalid = {|HND052:InvalidMessage.DeadLetter|})]
                public static void Two(string body) { }

                [StreamHandler("b", MessageType = "x", OnUnmatched = {|HND052:UnmatchedType.DeadLetter|})]
                public static void Unmatched(string body) { }

                [StreamHandler("c", OnFailure = FailedHandler.DeadLetter, OnInvalid = InvalidMessage.DeadLetter), DeadLetter("d")]
                public static void Right(string body) { }
            }
            """);
        Assert.Equal("Handler 'Quakes.Two' has OnFailure = DeadLetter, but nothing names the topic. Add [DeadLetter(\"topic\")].", found[0]);
    }

    [Fact]
    public Task HND053_dead_letters_are_never_sent() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a", OnInvalid = InvalidMessage.Skip, OnFailure = FailedHandler.Stop), {|HND053:DeadLetter("d")|}]
            public static void Neither(string body) { }

            [StreamHandler("b", OnInvalid = InvalidMessage.Skip), DeadLetter("d")]
            public static void Failed(string body) { }

            [StreamHandler("c", Preset = Preset.InOrder, OnInvalid = InvalidMessage.Skip), DeadLetter("d")]
            public static void Beside_a_preset(string body) { }

            [StreamHandler("d", OnInvalid = InvalidMessage.Skip, OnFailure = FailedHandler.Stop, MessageType = "x", OnUnmatched = UnmatchedType.DeadLetter), DeadLetter("e")]
            public static void Unmatched(string body) { }
        }
        """);
}
