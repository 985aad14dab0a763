using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dashboard;

/// <summary>
/// Who sits at this machine may steer. It goes by the connection itself, so that nobody can claim it from afar, and by the name that was asked for: a page of another
/// site whose name leads here is not who sits here. Behind a proxy on the same machine everybody would be, so it is for a sample. Your application has users: name a policy of theirs.
/// </summary>
internal sealed class Loopback(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Loopback";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.Connection.RemoteIpAddress is not { } from || !IPAddress.IsLoopback(from) || !IsHere(Request.Host.Host)) return Task.FromResult(AuthenticateResult.NoResult());
        var here = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, Environment.UserName)], Name));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(here, Name)));
    }

    private static bool IsHere(string host) => host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
