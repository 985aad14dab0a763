using static Handlers.Generators.Tests.Driving.Marked;

namespace Handlers.Generators.Tests;

public class PatternRuleTests
{
    [Fact]
    public async Task HND071_the_pattern_of_topics_is_no_regular_expression()
    {
        var found = await CheckAsync("""
            public static class Orders
            {
                [StreamHandler({|HND071:"^orders\\.(eu|us"|}, Group = "a")]
                public static void Open(string body) { }

                [StreamHandler("^orders\\.(eu|us)", Group = "b")]
                public static void Right(string body) { }

                [StreamHandler("orders.(eu|us", Group = "c")]
                public static void Name(string body) { }
            }
            """);
        Assert.StartsWith(@"Handler 'Orders.Open' reads the topics that '^orders\.(eu|us' matches, because that begins with '^', and it is no regular expression (", found[0], StringComparison.Ordinal);
    }

    [Fact]
    public Task HND072_retry_topics_need_the_name_of_one_topic() => CheckAsync("""
        public static class Orders
        {
            [StreamHandler("^orders\\..*", Ordering = Ordering.None), {|HND072:RetryTopics("5s")|}]
            public static void On(string body) { }

            [StreamHandler("orders", Ordering = Ordering.None), RetryTopics("5s")]
            public static void Right(string body) { }
        }
        """);

    [Fact]
    public async Task HND051_dead_letters_go_to_a_topic_that_the_pattern_matches()
    {
        var found = await CheckAsync("""
            public static class Orders
            {
                [StreamHandler("^orders\\..*"), DeadLetter({|HND051:"orders.dead"|})]
                public static void On(string body) { }

                [StreamHandler("^orders\\.(?!dead$).*"), DeadLetter("orders.dead")]
                public static void Without(string body) { }

                [StreamHandler("^orders"), DeadLetter("orders.dead")]
                public static void WholeName(string body) { }
            }
            """);
        Assert.Equal(@"Handler 'Orders.On' sends dead letters to 'orders.dead', which the pattern that it reads ('^orders\..*') matches, and so fails on the same messages without end. Name another topic.", found[0]);
    }

    [Fact]
    public Task HND011_results_go_to_a_topic_that_the_pattern_matches() => CheckAsync("""
        public static class Orders
        {
            [StreamHandler("^orders\\..*"), PublishTo({|HND011:"orders.done"|})]
            public static string On(string body) => body;

            [StreamHandler("^orders\\..*", Group = "other"), PublishTo("done.orders")]
            public static string Right(string body) => body;
        }
        """);
}
