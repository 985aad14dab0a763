using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Dashboard;

/// <summary>
/// Who may do what: the policies that the options name, asked as ASP.NET's own middleware asks them. Where no policy is named, nobody may.
/// </summary>
internal sealed class Grants(DashboardOptions options, IServiceProvider services)
{
    public ValueTask<bool> MayControlAsync(HttpContext http) => MayAsync(options.ControlPolicy, http);

    public ValueTask<bool> MaySeeLettersAsync(HttpContext http) => MayAsync(options.LetterPolicy, http);

    /// <summary>Throws where a policy is named that nobody registered: it would be found out by the first person who needs it.</summary>
    public void Check()
    {
        var errors = new List<string>();
        foreach (var (option, name) in Named())
        {
            if (services.GetService<IAuthorizationPolicyProvider>() is not { } policies)
                errors.Add($"{option} is '{name}', and there is no authorization here. Add it: builder.Services.AddAuthorization(o => o.AddPolicy(\"{name}\", ...)).");
            // Only the default provider answers at once. One that does not is asked at the first request, which fails closed.
            else if (policies.GetPolicyAsync(name) is { IsCompletedSuccessfully: true } known && known.GetAwaiter().GetResult() is null)
                errors.Add($"{option} is '{name}', and no authorization policy has this name. Register it: builder.Services.AddAuthorization(o => o.AddPolicy(\"{name}\", ...)).");
        }

        if (errors.Count > 0) throw new HandlersConfigurationException(errors);
    }

    private IEnumerable<(string Option, string Name)> Named()
    {
        if (options.ReadPolicy is { } read) yield return (nameof(DashboardOptions.ReadPolicy), read);
        if (options.ControlPolicy is { } control) yield return (nameof(DashboardOptions.ControlPolicy), control);
        if (options.LetterPolicy is { } letters) yield return (nameof(DashboardOptions.LetterPolicy), letters);
    }

    private static async ValueTask<bool> MayAsync(string? name, HttpContext http)
    {
        if (name is null) return false;
        var services = http.RequestServices;
        if (await services.GetRequiredService<IAuthorizationPolicyProvider>().GetPolicyAsync(name) is not { } policy) return false;
        var evaluator = services.GetRequiredService<IPolicyEvaluator>();
        var user = await evaluator.AuthenticateAsync(policy, http);
        return (await evaluator.AuthorizeAsync(policy, user, http, http)).Succeeded;
    }
}
