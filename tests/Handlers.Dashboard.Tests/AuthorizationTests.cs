using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Handlers.Testing;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Dashboard.Tests;

/// <summary>Who gets what: anonymous, a reader, an operator.</summary>
public sealed class AuthorizationTests
{
    [Fact]
    public async Task Without_policies_all_is_shown_but_letters_and_nothing_is_steered()
    {
        await using var host = await DashboardHost.StartAsync();
        var may = (await host.JsonAsync("status", "operator"))["may"]!;
        Assert.Equal((false, false), ((bool)may["control"]!, (bool)may["letters"]!));
        foreach (var action in (string[])["pause", "resume", "rewind", "concurrency", "redrive", "redrive/stop"])
            Assert.Equal(HttpStatusCode.NotFound, (await host.PostAsync(action, [])).Status);
    }

    [Fact]
    public async Task Each_route_asks_for_its_policy()
    {
        await using var host = await DashboardHost.StartAsync(o => (o.ReadPolicy, o.ControlPolicy, o.LetterPolicy) = ("readers", "operators", "operators"));
        foreach (var path in (string[])["", "app.js", "api/status", "api/lanes?handler=Payments.OnPayment", "api/in-flight?handler=Payments.OnPayment", "api/failures?handler=Payments.OnPayment", "api/letters?topic=payments.dead"])
        {
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, await GetAsync(host, $"/handlers/{path}", null)));
            Assert.Equal((path, HttpStatusCode.OK), (path, await GetAsync(host, $"/handlers/{path}", "reader")));
            Assert.Equal((path, HttpStatusCode.OK), (path, await GetAsync(host, $"/handlers/{path}", "operator")));
        }

        foreach (var action in (string[])["pause", "resume", "rewind", "concurrency", "redrive", "redrive/stop"])
        {
            Assert.Equal((action, HttpStatusCode.Unauthorized), (action, (await host.PostAsync(action, [], user: null)).Status));
            Assert.Equal((action, HttpStatusCode.Forbidden), (action, (await host.PostAsync(action, [], user: "reader")).Status));
        }

        Assert.Equal(HttpStatusCode.OK, await GetAsync(host, "/health/live", null));
        Assert.Equal(HttpStatusCode.OK, await GetAsync(host, "/metrics", null));
        Assert.Equal((false, true), ((bool)(await host.JsonAsync("status", "reader"))["may"]!["control"]!, (bool)(await host.JsonAsync("status", "operator"))["may"]!["control"]!));
    }

    [Fact]
    public async Task Letters_and_texts_of_exceptions_are_for_who_may_see_them()
    {
        await using var host = await DashboardHost.StartAsync(DashboardHost.Granted);
        await host.PublishAsync("payments", """{"bad":"secret"}""", "customer-7");
        await Api.UntilAsync(() => host.Status.Handlers.Any(h => h.Counts.DeadLettered == 1));

        var letter = (await host.JsonAsync("letters?topic=payments.dead", "reader"))["letters"]![0]!;
        Assert.Equal("System.InvalidOperationException", (string)letter["exception"]!);
        Assert.Equal("Payments.OnPayment", (string)letter["handler"]!);
        Assert.DoesNotContain("secret", letter.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("customer-7", letter.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("refused", letter.ToJsonString(), StringComparison.Ordinal); // the exception's words
        letter = (await host.JsonAsync("letters?topic=payments.dead", "operator"))["letters"]![0]!;
        Assert.Equal(("customer-7", "json"), ((string)letter["key"]!, (string)letter["body"]!["kind"]!));
        Assert.Contains("secret", (string)letter["body"]!["text"]!, StringComparison.Ordinal);

        var failure = (await host.JsonAsync("failures?handler=Payments.OnPayment", "reader"))["failures"]![0]!;
        Assert.Equal("System.InvalidOperationException", (string)failure["type"]!);
        foreach (var user in (string?[])[null, "reader"]) // neither as it is nor as the reason
            foreach (var path in (string[])["failures?handler=Payments.OnPayment", "status", "lanes?handler=Payments.OnPayment"])
                Assert.DoesNotContain("refused", (await host.JsonAsync(path, user)).ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("The card is refused.", (string)(await host.JsonAsync("failures?handler=Payments.OnPayment", "operator"))["failures"]![0]!["exception"]!, StringComparison.Ordinal);
        Assert.Contains(host.Logs.All, l => l == "5005 operator from 127.0.0.1 looks at dead letters of payments.dead: 1 of them");
        Assert.DoesNotContain(host.Logs.All, l => l.Contains("secret", StringComparison.Ordinal) || l.Contains("customer-7", StringComparison.Ordinal));
    }

    [Fact]
    public void A_policy_that_nobody_registered_is_an_error_at_once()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<Gate>().AddAuthorization();
        builder.Services.AddStreamHandlers().UseInMemory(new InMemoryBroker());
        using var app = builder.Build() as IDisposable;
        var error = Assert.Throws<HandlersConfigurationException>(() => ((WebApplication)app!).MapStreamHandlers(o => (o.ControlPolicy, o.ReadPolicy) = ("operatrs", "readers")));
        Assert.Equal(2, error.Errors.Count);
        Assert.Contains("ControlPolicy is 'operatrs', and no authorization policy has this name.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_without_the_middleware_that_asks_for_it_fails_closed()
    {
        var builder = new HostBuilder().ConfigureWebHost(web => web.UseKestrel().UseUrls("http://127.0.0.1:0").ConfigureServices(services =>
        {
            services.AddRouting().AddSingleton<Gate>();
            services.AddAuthentication("Said").AddScheme<AuthenticationSchemeOptions, SaidUser>("Said", null);
            services.AddAuthorization(o => o.AddPolicy("operators", p => p.RequireRole("operator")));
            services.AddStreamHandlers().UseInMemory(new InMemoryBroker());
        }).Configure(app => app.UseRouting().UseEndpoints(e => e.MapStreamHandlers(o => (o.ReadPolicy, o.ControlPolicy) = ("operators", "operators")))));
        using var host = await builder.StartAsync(TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
        http.DefaultRequestHeaders.Add("X-User", "operator");
        Assert.Equal(HttpStatusCode.InternalServerError, (await http.GetAsync("/handlers/api/status")).StatusCode); // ASP.NET's own error says which call is missing
        Assert.Equal(HttpStatusCode.InternalServerError, (await http.PostAsync("/handlers/api/pause", JsonContent.Create(new { handler = "Payments.OnPayment" }, options: JsonSerializerOptions.Web))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live")).StatusCode);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Two_calls_for_the_same_paths_are_told_so()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<Gate>();
        builder.Services.AddStreamHandlers().UseInMemory(new InMemoryBroker());
        await using var app = builder.Build();
        app.MapStreamHandlers();
        Assert.Contains("/health, /metrics already", Assert.Throws<HandlersConfigurationException>(() => app.MapStreamHandlers(o => o.Path = "/ops")).Message, StringComparison.Ordinal);
        app.MapStreamHandlers(o => (o.Path, o.HealthPath, o.MetricsPath) = ("/ops", null, "/ops/metrics"));
        app.MapGroup("/inner").MapStreamHandlers().RequireHost("*:9");
        app.MapGroup("/inner2").MapStreamHandlers();
    }

    [Fact]
    public void An_application_without_handlers_is_told_so()
    {
        using var app = WebApplication.CreateSlimBuilder().Build() as IDisposable;
        Assert.Contains("AddStreamHandlers", Assert.Throws<HandlersConfigurationException>(() => ((WebApplication)app!).MapStreamHandlers()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_asked_of_all_routes_holds_for_each()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<Gate>().AddAuthorization();
        builder.Services.AddStreamHandlers().UseInMemory(new InMemoryBroker());
        await using var app = builder.Build();
        app.MapStreamHandlers().RequireHost("*:9");
        var endpoints = ((Microsoft.AspNetCore.Routing.IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).ToList();
        Assert.True(endpoints.Count > 10);
        Assert.All(endpoints, e => Assert.NotNull(e.Metadata.GetMetadata<Microsoft.AspNetCore.Routing.IHostMetadata>()));
    }

    private static async Task<HttpStatusCode> GetAsync(DashboardHost host, string path, string? user)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (user is not null) request.Headers.Add("X-User", user);
        using var response = await host.Http.SendAsync(request);
        return response.StatusCode;
    }
}
