using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Handlers.Dashboard;

/// <summary>
/// A look at dead letters: it moves no position, and is logged. Where the application does not grant <see cref="DashboardOptions.LetterPolicy"/>,
/// only what the runtime wrote itself is told: where a letter comes from, and the type of its exception.
/// </summary>
internal sealed class LettersEndpoint(DeadLetters letters, Grants grants, ILogger logger)
{
    private const int Most = 200;
    private const string Reads = "'topic' names the dead letters; 'lane' one partition; 'from' is 'newest' (so without it), 'oldest', a time in ISO 8601, or with a lane a position; 'take' is 1 to 200.";

    /// <summary><c>?topic=NAME&amp;lane=PARTITION&amp;from=newest|oldest|TIME|POSITION&amp;take=50</c></summary>
    public async Task GetAsync(HttpContext http)
    {
        var topic = http.Request.Query["topic"].ToString();
        if (topic.Length == 0 || Look(http.Request.Query) is not { } look)
        {
            await http.ProblemAsync(StatusCodes.Status400BadRequest, "Not a look", Reads);
            return;
        }

        var withBody = await grants.MaySeeLettersAsync(http);
        try
        {
            var seen = await letters.LookAsync(topic, withBody ? look : look with { BodyBytes = 0 }, http.RequestAborted);
            var by = new Caller(http);
            logger.LettersLookedAt(by.User, by.Address, topic, seen.Letters.Count);
            await http.JsonAsync(json => LetterJson.Write(json, topic, seen, withBody));
        }
        catch (HandlersConfigurationException e)
        {
            await http.ProblemAsync(StatusCodes.Status404NotFound, "Cannot be looked at", e.Message);
        }
        catch (TransportException e) when (e.IsRefused || e.Kind == TransportErrorKind.Topic)
        {
            await http.ProblemAsync(StatusCodes.Status404NotFound, "There is no such place", e.Message);
        }
        catch (TransportException e)
        {
            await http.ProblemAsync(e.IsTransient ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status502BadGateway, "Cannot be looked at", e.Message);
        }
    }

    private static LetterLook? Look(IQueryCollection query)
    {
        var take = 50;
        if (query["take"].ToString() is { Length: > 0 } most && (!int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out take) || take is < 1 or > Most)) return null;
        var look = new LetterLook { Limit = take, Partition = query["lane"].ToString() is { Length: > 0 } lane ? lane : null };
        return query["from"].ToString() switch
        {
            "" or "newest" => look,
            "oldest" => look with { From = StartPosition.Earliest },
            var at when Steering.Parse(at) is { } position => look.Partition is null ? null
                : look with { From = position is { Sequence: null, Number: 0 } ? StartPosition.Earliest : StartPosition.Behind(position.Sequence is null ? new Position(position.Number - 1) : position) },
            var time => DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? look with { From = StartPosition.At(moment) } : null,
        };
    }
}
