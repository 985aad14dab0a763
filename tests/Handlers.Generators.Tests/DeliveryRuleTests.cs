using static Handlers.Generators.Tests.Driving.Marked;

namespace Handlers.Generators.Tests;

public class DeliveryRuleTests
{
    [Fact]
    public async Task HND039_EachMessage_needs_the_order_of_the_lane()
    {
        var found = await CheckAsync("""
            public static class Quakes
            {
                [StreamHandler("a", Commit = {|HND039:Commit.EachMessage|}, Ordering = Ordering.Key)]
                public static void ByKey(string body) { }

                [StreamHandler("b", Ordering = {|HND039:Ordering.None|}, Preset = Preset.InOrder)]
                public static void Preset_(string body) { }

                [StreamHandler("c", Commit = {|HND039:Commit.EachMessage|}, Preset = Preset.Fast)]
                public static void Fast(string body) { }

                [StreamHandler("d", Commit = Commit.EachMessage)]
                public static void Right(string body) { }
            }
            """);
        Assert.Contains("'Quakes.ByKey' has Commit = EachMessage and Ordering = Key", found[0], StringComparison.Ordinal);
    }

    [Fact]
    public Task HND040_OnRead_has_no_second_time() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a", Commit = Commit.OnRead), {|HND040:Retry|}]
            public static void Once(string body) { }

            [StreamHandler("b", Commit = Commit.OnRead, Ordering = Ordering.None), {|HND040:RetryTopics("5s")|}]
            public static void Topics(string body) { }

            [StreamHandler("c"), Retry]
            public static void Right(string body) { }
        }
        """);

    [Fact]
    public Task HND041_retry_topics_break_order() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a"), {|HND041:RetryTopics("5s")|}]
            public static void ByDefault(string body) { }

            [StreamHandler("b", Ordering = Ordering.Key), {|HND041:RetryTopics("5s")|}]
            public static void ByKey(string body) { }

            [StreamHandler("c", Preset = Preset.Fast), RetryTopics("5s")]
            public static void Right(string body) { }
        }
        """);

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("100_001")]
    public Task HND042_the_concurrency_is_out_of_its_range(string concurrency) => CheckAsync($$"""
        public static class Quakes
        {
            [StreamHandler("a", Ordering = Ordering.None, Concurrency = {|HND042:{{concurrency}}|})]
            public static void On(string body) { }
        }
        """);

    [Fact]
    public Task HND043_concurrency_has_no_effect_in_order() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a", Concurrency = {|HND043:4|})]
            public static void ByDefault(string body) { }

            [StreamHandler("b", Preset = Preset.InOrder, Concurrency = {|HND043:4|})]
            public static void InOrder(string body) { }

            [StreamHandler("c", Preset = Preset.Fast, Concurrency = 4)]
            public static void Right(string body) { }

            [StreamHandler("d", Concurrency = 4)]
            public static void Batch(IReadOnlyList<string> bodies) { }
        }
        """);

    [Theory]
    [InlineData("\"soon\"")]
    [InlineData("\"-1s\"")]
    [InlineData("\"\"")]
    [InlineData("\"25h\"")]
    public Task HND044_a_pause_is_no_length_of_time(string time) => CheckAsync($$"""
        public static class Quakes
        {
            [StreamHandler("a"), Retry(Delay = {|HND044:{{time}}|})]
            public static void Delay(string body) { }

            [StreamHandler("b"), Retry(MaxDelay = {|HND044:{{time}}|})]
            public static void MaxDelay(string body) { }

            [StreamHandler("c"), Batch(Time = {|HND044:{{time}}|})]
            public static void Batch(IReadOnlyList<string> bodies) { }
        }
        """);

    [Fact]
    public async Task HND044_a_time_is_none_at_all()
    {
        var found = await CheckAsync("""
            public static class Quakes
            {
                [StreamHandler("a"), Retry(Delay = "0", MaxDelay = {|HND044:"0s"|})]
                public static void Retry(string body) { }

                [StreamHandler("b"), Batch(Time = {|HND044:"0"|})]
                public static void Batch(IReadOnlyList<string> bodies) { }
            }
            """);
        Assert.Equal("Handler 'Quakes.Retry': MaxDelay is '0s'. It must be above 0 and at most a day (24h).", found[0]);
    }

    [Theory]
    [InlineData("\"5s\", {|HND044:\"soon\"|}")]
    [InlineData("{|HND044:\"0\"|}")]
    [InlineData("{|HND044:\"50d\"|}")]
    [InlineData("new[] { \"5s\", {|HND044:null!|} }")]
    [InlineData("new string[] { {|HND044:\"\"|} }")]
    public async Task HND044_a_delay_is_no_length_of_time(string delays)
    {
        var found = await CheckAsync($$"""
            public static class Quakes
            {
                [StreamHandler("a", Ordering = Ordering.None), RetryTopics({{delays}})]
                public static void On(string body) { }
            }
            """);
        Assert.StartsWith("Handler 'Quakes.On': A delay of [RetryTopics] is '", found[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("1001")]
    public Task HND045_the_attempts_are_out_of_their_range(string attempts) => CheckAsync($$"""
        public static class Quakes
        {
            [StreamHandler("a"), Retry(Attempts = {|HND045:{{attempts}}|})]
            public static void On(string body) { }
        }
        """);

    [Fact]
    public async Task HND046_the_first_pause_is_longer_than_the_longest()
    {
        var found = await CheckAsync("""
            public static class Quakes
            {
                [StreamHandler("a"), Retry(Delay = {|HND046:"1m"|})]
                public static void ByDefault(string body) { }

                [StreamHandler("b"), Retry(MaxDelay = {|HND046:"100ms"|})]
                public static void Written(string body) { }

                [StreamHandler("c"), Retry(Delay = "1m", MaxDelay = "5m")]
                public static void Right(string body) { }
            }
            """);
        Assert.Contains("a pause of 00:01:00, but its longest pause is 00:00:30 by default,", found[0], StringComparison.Ordinal);
    }

    [Fact]
    public Task HND047_a_pipeline_has_settings_of_its_own() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a"), Retry(Pipeline = {|HND047:"slow"|}, Attempts = 5)]
            public static void Both(string body) { }

            [StreamHandler("b"), Retry(Jitter = true, Pipeline = {|HND047:"slow"|})]
            public static void Jitter(string body) { }

            [StreamHandler("c"), Retry(Pipeline = "slow", On = new[] { typeof(TimeoutException) })]
            public static void Right(string body) { }
        }
        """);

    [Fact]
    public async Task HND048_Retry_goes_by_types_of_exceptions()
    {
        var found = await CheckAsync("""
            public class Failed<T> : Exception;

            public static class Quakes
            {
                private sealed class Hidden : Exception;

                [StreamHandler("a"), Retry(On = new[] { typeof(TimeoutException), {|HND048:typeof(string)|} }, Except = new Type[] { {|HND048:typeof(Hidden)|}, {|HND048:typeof(Failed<>)|} })]
                public static void On(string body) { }

                [StreamHandler("b"), Retry(On = new[] { typeof(Exception), typeof(Failed<int>), {|HND048:typeof(Failed<Hidden>)|}, {|HND048:null!|} })]
                public static void Null(string body) { }

                [StreamHandler("c"), Retry(On = null)]
                public static void None(string body) { }
            }
            """);
        Assert.EndsWith("cannot go by 'string' in On of [Retry]: it is no exception; name a type that derives from System.Exception", found[0], StringComparison.Ordinal);
    }

    [Fact]
    public Task HND049_retry_topics_have_delays_that_differ() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a", Ordering = Ordering.None), {|HND049:RetryTopics|}]
            public static void None(string body) { }

            [StreamHandler("b", Ordering = Ordering.None), RetryTopics("60s", "5m", {|HND049:"1m"|})]
            public static void Twice(string body) { }

            [StreamHandler("c", Ordering = Ordering.None), {|HND049:RetryTopics(null!)|}]
            public static void Null(string body) { }
        }
        """);

    [Fact]
    public Task HND054_the_circuit_breaker_names_no_health_check() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a"), CircuitBreaker({|HND054:""|})]
            public static void On(string body) { }
        }
        """);

    [Fact]
    public async Task HND069_a_transaction_needs_an_order_and_single_messages()
    {
        var found = await CheckAsync("""
            public static class Quakes
            {
                [StreamHandler("a", Ordering = Ordering.None, Commit = {|HND069:Commit.Transaction|}), PublishTo("out")]
                public static string AnyOrder(string body) => body;

                [StreamHandler("b", Preset = Preset.Fast, Commit = {|HND069:Commit.Transaction|}), PublishTo("out")]
                public static string Fast(string body) => body;

                [StreamHandler("c", Commit = {|HND069:Commit.Transaction|})]
                public static void Lists(IReadOnlyList<string> bodies) { }

                [StreamHandler("d", Commit = Commit.Transaction), PublishTo("out")]
                public static string InLane(string body) => body;

                [StreamHandler("e", Commit = Commit.Transaction, Ordering = Ordering.Key), PublishTo("out")]
                public static string ByKey(string body) => body;
            }
            """);
        Assert.Contains("'Quakes.AnyOrder' has Commit = Transaction and Ordering = None", found[0], StringComparison.Ordinal);
        Assert.Contains("takes lists of messages", found[2], StringComparison.Ordinal);
    }

    [Fact]
    public Task HND070_a_transaction_publishes_something() => CheckAsync("""
        public static class Quakes
        {
            [StreamHandler("a", Commit = {|HND070:Commit.Transaction|})]
            public static void Nothing(string body) { }

            [StreamHandler("b", Commit = Commit.Transaction), DeadLetter("dead")]
            public static void Letters(string body) { }

            [StreamHandler("c", Commit = Commit.Transaction), PublishTo("out")]
            public static string Results(string body) => body;
        }
        """);
}
