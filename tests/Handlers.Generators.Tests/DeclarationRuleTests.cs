using static Handlers.Generators.Tests.Driving.Marked;

namespace Handlers.Generators.Tests;

public class DeclarationRuleTests
{
    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"  \"")]
    [InlineData("null!")]
    public Task HND001_the_topic_is_empty(string topic) => CheckAsync($$"""
        public static class Quakes
        {
            [StreamHandler({|HND001:{{topic}}|})]
            public static void On(string body) { }
        }
        """);

    [Fact]
    public async Task A_message_names_the_handler_and_the_remedy()
    {
        var found = await CheckAsync("""
            public static class Quakes
            {
                [StreamHandler({|HND001:""|}, Name = "quakes.first")]
                public static void On(string body) { }
            }
            """);
        Assert.Equal("Handler 'quakes.first' names no topic. Write the name of the stream in [StreamHandler(\"...\")].", found[0]);
    }

    [Fact]
    public Task HND010_the_topic_to_publish_to_is_empty() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a"), PublishTo({|HND010:""|})]
            public static string On(string body) => body;
        }
        """);

    [Fact]
    public Task HND011_the_handler_publishes_to_the_topic_that_it_reads() => CheckAsync("""
        public static class Quakes
        {
            const string Topic = "a";

            [StreamHandler("a"), PublishTo({|HND011:Topic|})]
            public static string On(string body) => body;
        }
        """);

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"a:b\"")]
    [InlineData("\"Topics\"")]
    [InlineData("\"pipelines\"")]
    [InlineData("\"commitInterval\"")]
    public Task HND021_the_name_is_invalid(string name) => CheckAsync($$"""
        public static class Quakes
        {
            [StreamHandler("a", Name = {|HND021:{{name}}|})]
            public static void On(string body) { }
        }
        """);

    [Fact]
    public Task HND022_group_and_transport_are_empty() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a", Group = {|HND022:""|}, Transport = {|HND022:" "|})]
            public static void On(string body) { }
        }
        """);

    [Fact]
    public Task HND023_OnRead_cannot_stop() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a", Commit = Commit.OnRead, OnFailure = {|HND023:FailedHandler.Stop|}, OnInvalid = {|HND023:InvalidMessage.Stop|})]
            public static void On(string body) { }

            [StreamHandler("e", Commit = Commit.OnRead, MessageType = "x", OnUnmatched = {|HND023:UnmatchedType.Stop|})]
            public static void Unmatched(string body) { }

            [StreamHandler("f", Commit = Commit.OnRead, Preset = Preset.InOrder)]
            public static void Beside_a_preset(string body) { }

            [StreamHandler("b", Commit = Commit.OnRead)]
            public static void Left(string body) { }

            [StreamHandler("c", Commit = Commit.OnRead, OnFailure = FailedHandler.Skip)]
            public static void Skipped(string body) { }

            [StreamHandler("d", Commit = Commit.EachMessage, OnFailure = FailedHandler.Stop, OnInvalid = InvalidMessage.Stop)]
            public static void Stopped(string body) { }
        }
        """);

    [Fact]
    public Task HND024_Start_and_StartAt_do_not_fit() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a", Start = {|HND024:StartFrom.Time|})]
            public static void Without(string body) { }

            [StreamHandler("b", StartAt = {|HND024:"2026-01-31"|})]
            public static void Alone(string body) { }

            [StreamHandler("c", Start = StartFrom.Time, StartAt = {|HND024:"31.1.2026"|})]
            public static void NotIso(string body) { }

            [StreamHandler("d", Start = StartFrom.Time, StartAt = "2026-01-31T10:20:30.5Z")]
            public static void Right(string body) { }
        }
        """);

    [Theory]
    [InlineData("-1")]
    [InlineData("double.NaN")]
    [InlineData("double.PositiveInfinity")]
    [InlineData("4294967")]
    public Task HND025_the_time_limit_is_no_length_of_time(string seconds) => CheckAsync($$"""
        public static class Quakes
        {
            [StreamHandler("a", TimeLimitSeconds = {|HND025:{{seconds}}|})]
            public static Task On(string body, CancellationToken stop) => Task.CompletedTask;
        }
        """);

    [Fact]
    public Task HND026_a_time_limit_is_not_heard() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a", TimeLimitSeconds = {|HND026:30|})]
            public static Task On(string body) => Task.CompletedTask;
        }
        """);

    [Fact]
    public Task HND033_a_value_that_its_enum_does_not_define() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a", Ordering = {|HND033:(Ordering)7|}, Commit = {|HND033:(Commit)99|})]
            public static void On(string body) { }

            [StreamHandler("b", Preset = {|HND033:(Preset)7|}), Retry(Backoff = {|HND033:(Backoff)99|})]
            public static void Other(string body) { }
        }
        """);
}
