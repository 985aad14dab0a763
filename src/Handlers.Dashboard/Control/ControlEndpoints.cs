using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Handlers.Dashboard;

/// <summary>
/// Steering over HTTP, in two steps: the first request is answered with a question and a token, the second carries the token. What is asked, done,
/// refused and failed is logged with who did it.
/// </summary>
internal sealed class ControlEndpoints(Steering steering, Redrives redrives, StatusBoard board, Tokens tokens, ILogger logger)
{
    /// <summary>A form cannot send it, and a script of another origin only where this application allows that.</summary>
    public const string Header = "X-Handlers";

    private const int LongestBody = 16 * 1024; // bytes

    public async Task PostAsync(HttpContext http, ControlAction action)
    {
        var by = new Caller(http);
        if (WhyForeign(http.Request) is { } foreign)
        {
            logger.ControlRefused(action, by.User, by.Address, foreign);
            await http.ProblemAsync(StatusCodes.Status403Forbidden, "Not from here", foreign);
            return;
        }

        var said = "";
        try
        {
            var request = await ReadAsync(http);
            said = request.ToText();
            var steer = await steering.PlanAsync(action, request, http.RequestAborted);
            if (request.Token is not { } token)
            {
                logger.ControlAsked(action, said, by.User, by.Address);
                await AnswerAsync(http, "asks", steer.Asks, tokens.Issue(by.User, $"{action} {said}"));
            }
            else if (!tokens.TryUse(token, by.User, $"{action} {said}"))
            {
                const string Stale = "The token is not of this question, or is older than a minute, or was used. Ask again without one.";
                logger.ControlRefused(action, by.User, by.Address, Stale);
                await http.ProblemAsync(StatusCodes.Status409Conflict, "Ask again", Stale);
            }
            else
            {
                var done = await steer.Do(http.RequestAborted);
                board.Forget();
                logger.ControlDone(action, said, by.User, by.Address);
                await AnswerAsync(http, "done", done, null);
            }
        }
        catch (Exception e) when (Status(e) is { } status)
        {
            logger.ControlFailed(e, action, said, by.User, by.Address);
            await http.ProblemAsync(status, "It was not done", e.Message);
        }
    }

    /// <summary>Takes back what is under way, so it is done at once.</summary>
    public async Task StopRedriveAsync(HttpContext http)
    {
        var by = new Caller(http);
        if (WhyForeign(http.Request) is { } foreign)
        {
            logger.ControlRefused(ControlAction.Redrive, by.User, by.Address, foreign);
            await http.ProblemAsync(StatusCodes.Status403Forbidden, "Not from here", foreign);
            return;
        }

        try
        {
            var request = await ReadAsync(http);
            if (request.Topic is not { } topic || !redrives.Stop(topic)) throw new SteerException(StatusCodes.Status409Conflict, $"No dead letters of '{request.Topic}' are being put back.");
            logger.RedriveStopped(topic, by.User, by.Address);
            await AnswerAsync(http, "done", "It stops; what was put back is committed.", null);
        }
        catch (Exception e) when (Status(e) is { } status)
        {
            await http.ProblemAsync(status, "It was not done", e.Message);
        }
    }

    private static Task AnswerAsync(HttpContext http, string name, string text, string? token) => http.JsonAsync(json =>
    {
        json.WriteStartObject();
        json.WriteString(name, text);
        if (token is not null) json.WriteString("token", token);
        json.WriteEndObject();
    });

    /// <summary>What is the caller's or the broker's to know; anything else is a defect, and ends the request as one.</summary>
    private static int? Status(Exception e) => e switch
    {
        SteerException steer => steer.Status,
        JsonException or ArgumentException or HandlersConfigurationException => StatusCodes.Status400BadRequest,
        InvalidOperationException => StatusCodes.Status409Conflict,
        TransportException { IsRefused: true } => StatusCodes.Status409Conflict,
        TransportException { IsTransient: true } => StatusCodes.Status503ServiceUnavailable,
        TransportException => StatusCodes.Status502BadGateway,
        _ => null,
    };

    private static async Task<ControlRequest> ReadAsync(HttpContext http)
    {
        var body = new byte[LongestBody];
        var length = await http.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, http.RequestAborted);
        if (length == body.Length) throw new SteerException(StatusCodes.Status413PayloadTooLarge, "The request is too long.");
        return JsonSerializer.Deserialize(body.AsSpan(0, length), ControlJson.Default.ControlRequest) ?? throw new SteerException(StatusCodes.Status400BadRequest, "The request is null.");
    }

    private static string? WhyForeign(HttpRequest request)
    {
        if (!request.HasJsonContentType()) return "The request must be JSON (Content-Type: application/json).";
        if (request.Headers[Header] != "1") return $"The request must have the header {Header}: 1.";
        // Browsers say it themselves where the connection is safe, whatever a proxy makes of the host's name.
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0) return site is "same-origin" or "none" ? null : "The request comes from a page of another origin.";
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && string.Equals(from.Authority, Authority(request), StringComparison.OrdinalIgnoreCase))
            ? null
            : "The request comes from a page of another origin. Where this is the page itself behind a proxy: have the proxy pass on the Host header, or use HTTPS.";
    }

    /// <summary>The host that was asked, as a URL has it: without the port that goes without saying.</summary>
    private static string Authority(HttpRequest request) =>
        Uri.TryCreate($"{request.Scheme}://{request.Host}", UriKind.Absolute, out var url) ? url.Authority : "";
}

/// <summary>Who steers, for the log.</summary>
internal sealed class Caller(HttpContext http)
{
    public string User { get; } = http.User.Identity is { IsAuthenticated: true, Name: { } name } ? name : "(without a name)";

    public string Address { get; } = http.Connection.RemoteIpAddress?.ToString() ?? "(unknown)";
}
