using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Handlers.Testing;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Handlers.Dashboard.Tests;

/// <summary>An application with handlers over a broker in memory and the dashboard, on a port of loopback. Users are who they say in X-User.</summary>
public sealed class DashboardHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly InMemoryTransport publisher;

    private DashboardHost(WebApplication app, InMemoryBroker broker, Lines logs)
    {
        this.app = app;
        Broker = broker;
        Logs = logs;
        publisher = new InMemoryTransport(broker);
        Address = new Uri(app.Urls.First());
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public InMemoryBroker Broker { get; }

    /// <summary>What the dashboard logged.</summary>
    public Lines Logs { get; }

    public IServiceProvider Services => app.Services;

    public Gate Gate => app.Services.GetRequiredService<Gate>();

    public HandlersStatus Status => app.Services.GetRequiredService<HandlersStatus>();

    public static readonly Action<DashboardOptions> Granted = o => (o.ControlPolicy, o.LetterPolicy) = ("operators", "operators");

    public static async Task<DashboardHost> StartAsync(
        Action<DashboardOptions>? options = null, int lanes = 4, Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? use = null, string url = "http://127.0.0.1:0", Action<HandlersBuilder>? transport = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "Shop" });
        var broker = new InMemoryBroker();
        broker.CreateTopic("earthquakes", lanes);
        broker.CreateTopic("payments.dead", 1);
        var logs = new Lines();
        builder.WebHost.UseUrls(url);
        builder.Logging.ClearProviders().AddProvider(logs);
        builder.Configuration["Handlers:StuckAfter"] = "1s";
        builder.Services.AddSingleton<Gate>();
        builder.Services.AddAuthentication("Said").AddScheme<AuthenticationSchemeOptions, SaidUser>("Said", null);
        builder.Services.AddAuthorization(o =>
        {
            o.AddPolicy("readers", p => p.RequireAuthenticatedUser());
            o.AddPolicy("operators", p => p.RequireRole("operator"));
        });
        (transport ?? (h => h.UseInMemory(broker)))(builder.Services.AddStreamHandlers());
        configure?.Invoke(builder);
        var app = builder.Build();
        use?.Invoke(app);
        app.MapStreamHandlers(options);
        await app.StartAsync();
        return new DashboardHost(app, broker, logs);
    }

    /// <summary>Publishes to the broker in memory: texts, each with a key of its own unless one is named.</summary>
    public ValueTask PublishAsync(string topic, string body, string? key = null, Headers? headers = null) =>
        publisher.Publisher.PublishAsync(new OutgoingMessage { Topic = topic, Body = OutgoingMessage.Utf8(body), Key = OutgoingMessage.Utf8(key), Headers = headers ?? Headers.Empty });

    public ValueTask PublishAsync(OutgoingMessage message) => publisher.Publisher.PublishAsync(message);

    public async ValueTask DisposeAsync()
    {
        Gate.LetGo();
        Http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        await publisher.DisposeAsync();
    }
}

/// <summary>For tests: who the header says; an operator where the name is operator, or begins so.</summary>
internal sealed class SaidUser(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers["X-User"].ToString() is not { Length: > 0 } name) return Task.FromResult(AuthenticateResult.NoResult());
        List<Claim> claims = [new(ClaimTypes.Name, name)];
        if (name.StartsWith("operator", StringComparison.Ordinal)) claims.Add(new(ClaimTypes.Role, "operator"));
        return Task.FromResult(AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity(claims, Scheme.Name)), Scheme.Name)));
    }
}

/// <summary>Log lines of the dashboard.</summary>
public sealed class Lines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> lines = new();

    public IReadOnlyList<string> All => [.. lines];

    public ILogger CreateLogger(string categoryName) => categoryName == "Handlers.Dashboard" ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue($"{eventId.Id} {formatter(state, exception)}");

    public void Dispose()
    {
    }
}
