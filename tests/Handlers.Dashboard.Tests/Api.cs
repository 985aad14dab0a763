using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Handlers.Dashboard.Tests;

/// <summary>Requests as the page and as others send them.</summary>
internal static class Api
{
    public static async Task<JsonNode> JsonAsync(this DashboardHost host, string path, string? user = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/handlers/api/{path}");
        if (user is not null) request.Headers.Add("X-User", user);
        using var response = await host.Http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    }

    public static async Task<(HttpStatusCode Status, JsonNode? Answer)> PostAsync(this DashboardHost host, string action, JsonObject body, string? user = "operator", Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/handlers/api/{action}") { Content = JsonContent.Create<JsonNode>(body) };
        request.Headers.Add("X-Handlers", "1");
        if (user is not null) request.Headers.Add("X-User", user);
        change?.Invoke(request);
        using var response = await host.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : null);
    }

    /// <summary>Asks, and does it.</summary>
    public static async Task<(HttpStatusCode Status, JsonNode? Answer)> DoAsync(this DashboardHost host, string action, JsonObject body)
    {
        var (status, question) = await host.PostAsync(action, body);
        Assert.Equal(HttpStatusCode.OK, status);
        body["token"] = (string)question!["token"]!;
        return await host.PostAsync(action, body);
    }

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await condition()) await Task.Delay(25, patience.Token);
    }

    public static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));
}
