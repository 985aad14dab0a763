using static Handlers.Generators.Tests.Driving.Marked;

namespace Handlers.Generators.Tests;

public class NameRuleTests
{
    private const string Source = """
        public static class Orders
        {
            [StreamHandler("a", Group = {|HND068:"orders"|}, Name = "kafka_consumer.alone")]
            public static void NoService(string body) { }

            [StreamHandler("b", Group = {|HND068:".orders"|})]
            public static void EmptyService(string body) { }

            [StreamHandler("c", Group = {|HND068:"shop."|})]
            public static void EmptyGroup(string body) { }

            [StreamHandler("d", Group = "shop.audit")]
            public static void {|HND068:NoName|}(string body) { }

            [StreamHandler("e", Group = "shop.orders.eu", Name = {|HND068:"kafka_consumer.orders"|})]
            public static void OtherName(string body) { }

            [StreamHandler("f", Group = "shop.orders.us", Name = "kafka_consumer.orders.us")]
            public static void Right(string body) { }

            [StreamHandler("g", Group = "shop.orders.us", Name = "kafka_consumer.orders.us.archive")]
            public static void Beside(string body) { }

            [StreamHandler("h", Group = "shop.orders.us", Name = {|HND068:"kafka_consumer.orders.us."|})]
            public static void NothingBehindTheDot(string body) { }

            [StreamHandler("i", Group = "shop.orders.us", Name = {|HND068:"kafka_consumer.orders.usa"|})]
            public static void OtherGroup(string body) { }

            [StreamHandler("j")]
            public static void GroupOfTheApplication(string body) { }
        }
        """;

    [Fact]
    public async Task HND068_names_follow_the_rule()
    {
        var found = await CheckWithAsync("HND068", Source);
        Assert.Equal("Handler 'kafka_consumer.alone' has the group 'orders', which is not named like 'service.group'. Begin it with the name of the service and a dot.", found[0]);
        Assert.StartsWith("Handler 'Orders.NoName' is not named 'kafka_consumer.audit', after its group 'shop.audit'.", found[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task HND068_is_off_unless_it_is_switched_on() =>
        Assert.Empty(await AnalyzeAsync(Driving.Generated.From(Read(Source).Source).Compilation));
}
