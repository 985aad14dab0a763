using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

/// <summary>What is wrong with declarations and configuration is said at the start, all of it, with name and remedy.</summary>
public sealed class StartErrorTests
{
    [Theory]
    [InlineData("Handlers:Tings.OnThing:Commit", "OnRead", "Handlers:Tings.OnThing names no handler. Did you mean 'Things.OnThing'?")]
    [InlineData("Handlers:CommitIntervall", "5", "Handlers:CommitIntervall names no option. Did you mean 'CommitInterval'?")]
    [InlineData("Handlers:Things.OnThing:Comit", "OnRead", "Handlers:Things.OnThing:Comit names no setting of a handler. Did you mean 'Commit'?")]
    [InlineData("Handlers:Things.OnThing:Commit", "Sometimes", "Handlers:Things.OnThing:Commit is 'Sometimes', which is not Watermark or EachMessage or OnRead or Transaction.")]
    [InlineData("Handlers:Things.OnThing:Commit", "1", "is '1', which is not Watermark or EachMessage or OnRead or Transaction.")]
    [InlineData("Handlers:Things.OnThing:Topic", " ", "Handlers:Things.OnThing:Topic is ' ', which is not a name.")]
    [InlineData("Handlers:Things.OnThing:TimeLimit", "-1", "Handlers:Things.OnThing:TimeLimit is '-1', which is not a length of time (200ms, 5s, 10m, 2h, 7d), a number of seconds (5, 0.25) or a time span (00:00:05, 7.00:00:00) above zero.")]
    [InlineData("Handlers:Things.OnThing:StartAt", "yesterday", "which is not a time in ISO 8601")]
    [InlineData("Handlers:Things.OnThing:Start", "Time", "starts at a time, but StartAt does not say which")]
    [InlineData("Handlers:Things.OnThing:PublishTo", "x", "which is not a topic for a handler that publishes results")]
    [InlineData("Handlers:Things.OnThing:RetryTopics:0", "5s", "has retry topics, which break the order that Ordering.Lane promises")]
    [InlineData("Handlers:Things.OnThing:RetryTopics", "5s,,1m", "which is not lengths of time with commas between (5s, 1m, 10m), or None")]
    [InlineData("Handlers:Things.OnThing:Retry", "5", "Handlers:Things.OnThing:Retry is '5', which is not a section with keys of its own (Attempts, Delay")]
    [InlineData("Handlers:Things.OnThing:Retry:Delay", "2m", "raise MaxDelay, or lower Delay")]
    [InlineData("Handlers:Things.OnThing:Retry:Attempts", "1", "which is not a whole number from 2 to 1000")]
    [InlineData("Handlers:Pipelines:unused:Attempts", "3", "no handler retries by pipeline 'unused'")]
    [InlineData("Handlers:Things.OnThing:BatchTime", "0", "which is not a length of time")]
    [InlineData("Handlers:Things.OnThing:OnFailure", "DeadLetter", "names no topic for them")]
    [InlineData("Handlers:CommitInterval", "1e300", "Handlers:CommitInterval is '1e300', which is not a length of time")]
    [InlineData("Handlers:CommitInterval", "100.00:00:00", "to 49 days")]
    [InlineData("handlers:things.onthing:timelimit", "soon", "which is not a length of time")]
    [InlineData("Handlers:Things.OnThing:StartAt", "01/02/2026", "which is not a time in ISO 8601")]
    [InlineData("Handlers:Topics:things", "a\tb", "names a topic with a control character")]
    [InlineData("Handlers:StopBudget", "soon", "Handlers:StopBudget is 'soon'")]
    [InlineData("Handlers:CheckNames", "perhaps", "Handlers:CheckNames is 'perhaps', which is not true or false.")]
    [InlineData("Handlers:DrainShare", "2", "which is not a number from 0 to 1")]
    [InlineData("Handlers:BatchSize:0", "5", "Handlers:BatchSize:0 means nothing")]
    [InlineData("Handlers:Topics", "x", "Handlers:Topics is 'x'")]
    [InlineData("Handlers:Things.OnThing", "x", "Handlers:Things.OnThing is 'x'")]
    [InlineData("Handlers:BatchSize", "0", "which is not a whole number from 1 to 1000000")]
    [InlineData("Handlers:Topics:thing", "prod.things", "Handlers:Topics:thing names no topic that a handler declares. Did you mean 'things'?")]
    [InlineData("Handlers:Things.OnThing:Transport", "second", "names transport 'second', which was not added")]
    public async Task Configuration_that_means_nothing_is_an_error(string key, string value, string expected)
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => TestHandler.StartAsync(Nothing(), configuration: [new(key, value)]));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_error_is_said_at_once()
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => TestHandler.StartAsync(
            Nothing(), configuration: [new("Handlers:BatchSize", "x"), new("Handlers:Nonsense", "x")]));
        Assert.Equal(2, error.Errors.Count);
    }

    [Fact]
    public async Task Two_handlers_on_one_topic_and_group_are_an_error()
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).Add(Nothing("A.OnThing")).Add(Nothing("B.OnThing")), stop: TestContext.Current.CancellationToken));
        Assert.Contains("Handlers 'A.OnThing' and 'B.OnThing' share topic 'things' and group 'test'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_handlers_of_one_name_are_an_error()
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).Add(Nothing()).Add(Nothing()), stop: TestContext.Current.CancellationToken));
        Assert.Contains("2 handlers are named 'Things.OnThing'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_could_not_be_emitted_is_an_error()
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).AddError("HND001", "Handler 'X' has an empty topic."), stop: TestContext.Current.CancellationToken));
        Assert.Equal("HND001: Handler 'X' has an empty topic.", error.Message);
    }

    [Fact]
    public async Task A_module_is_registered_once_however_often_it_is_added()
    {
        await using var host = await HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).AddModule<Module>().AddModule<Module>(), stop: TestContext.Current.CancellationToken);
        Assert.Single(host.Status.Handlers);
    }

    [Theory]
    [InlineData("2026-01-31")]
    [InlineData("2026-01-31T12:00Z")]
    [InlineData("2026-01-31T12:00:00")]
    [InlineData("2026-01-31T12:00:00.5+01:00")]
    public async Task A_start_may_be_a_moment_in_iso_8601(string time)
    {
        await using var host = await TestHandler.StartAsync(Nothing(), configuration: [new("Handlers:Things.OnThing:StartAt", time)]);
        Assert.Single(host.Status.Handlers);
    }

    [Fact]
    public async Task A_handler_reads_from_the_transport_that_it_names()
    {
        var (first, second) = (new InMemoryBroker(), new InMemoryBroker());
        var builder = Host.CreateEmptyApplicationBuilder(new() { ApplicationName = "test" });
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        var seen = new System.Collections.Concurrent.ConcurrentBag<string>();
        HandlerRegistration From(string transport) => TestHandler.Of((body, _, _) =>
        {
            seen.Add($"{transport}: {body}");
            return default;
        }, name: transport, settings: s => s with { Transport = transport });
        HandlersBuilder.For(builder.Services).Add(From("default")).Add(From("second")).UseInMemory(first).UseInMemory(second, "second");
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await new InMemoryTransport(first).PublishAsync(new OutgoingMessage { Topic = TestHandler.Topic, Body = "1"u8.ToArray() }, TestContext.Current.CancellationToken);
        await new InMemoryTransport(second).PublishAsync(new OutgoingMessage { Topic = TestHandler.Topic, Body = "2"u8.ToArray() }, TestContext.Current.CancellationToken);
        await host.Services.GetRequiredService<HandlersStatus>().WhenCaughtUpAsync(TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["default: 1", "second: 2"], seen.Order());
    }

    [Fact]
    public async Task Configuration_maps_topics_and_overrides_settings()
    {
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of((_, _, _) => throw new InvalidOperationException("always")),
            configuration: [new("Handlers:Topics:things", "prod.things"), new("handlers:THINGS.onthing:onfailure", "skip"), new("Handlers:Things.OnThing:Group", "other")]);
        await host.PublishAsync("prod.things", "x");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, host.Committed("other", "prod.things"));
    }

    [Theory]
    [InlineData("false")]
    [InlineData("False ")]
    public async Task A_handler_that_is_disabled_is_not_run(string enabled)
    {
        await using var host = await TestHandler.StartAsync(Nothing(), configuration: [new("Handlers:Things.OnThing:Enabled", enabled)]);
        Assert.Empty(host.Status.Handlers);
    }

    [Theory]
    [InlineData("kafka_consumer.audit", "shop.audit", null)]
    [InlineData("kafka_consumer.audit", "shop.audit.eu", "is not named 'kafka_consumer.audit.eu', after its group 'shop.audit.eu'.")]
    [InlineData("kafka_consumer.audit.archive", "shop.audit", null)]
    [InlineData("Things.OnThing", "shop.audit", "is not named 'kafka_consumer.audit', after its group 'shop.audit'.")]
    [InlineData("Things.OnThing", null, "has the group 'test', which is not named like 'service.group'.")]
    public async Task Names_that_configuration_makes_follow_the_rule_where_that_is_asked_for(string name, string? group, string? expected)
    {
        List<KeyValuePair<string, string?>> configuration = [new($"Handlers:{name}:OnFailure", "Skip")];
        if (group is not null) configuration.Add(new($"Handlers:{name}:Group", group));
        await using (await TestHandler.StartAsync(Nothing(name), configuration: configuration)) { }
        configuration.Add(new("Handlers:CheckNames", "true"));
        var error = await Record.ExceptionAsync(async () => await (await TestHandler.StartAsync(Nothing(name), configuration: configuration)).DisposeAsync());
        if (expected is null) Assert.Null(error);
        else Assert.StartsWith($"Handler '{name}' {expected}", Assert.IsType<HandlersConfigurationException>(error).Message, StringComparison.Ordinal);
    }

    private static HandlerRegistration Nothing(string name = "Things.OnThing") => TestHandler.Of((_, _, _) => default, name);

    private sealed class Module : IHandlersModule
    {
        public static void Register(HandlersBuilder builder) => builder.Add(Nothing());
    }
}
