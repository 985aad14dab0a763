using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Handlers.Dashboard;

/// <summary>What is read: the first screen, lanes, messages under way, failures.</summary>
internal sealed class StatusEndpoints(StatusBoard board, History history, Grants grants, Redrives redrives, string application)
{
    private const int MostLanes = 200;
    private const int MostUnderWay = 200;

    private static readonly string Version = typeof(HandlersStatus).Assembly.GetName().Version?.ToString(3) ?? "";

    private readonly string run = Guid.NewGuid().ToString("N"); // of this process: whoever draws charts knows by it that they begin anew

    /// <summary><c>?after=N</c>: only the points of charts behind that number.</summary>
    public async Task StatusAsync(HttpContext http)
    {
        if (Number(http, "after", 0) is not { } after)
        {
            await http.ProblemAsync(StatusCodes.Status400BadRequest, "Not a number", "'after' is the number of the last point that an answer before had.");
            return;
        }

        var snapshot = await board.ReadAsync(http.RequestAborted);
        var (control, letters) = (await grants.MayControlAsync(http), await grants.MaySeeLettersAsync(http));
        await http.JsonAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("at", snapshot.At.ToUniversalTime());
            json.WriteString("application", application);
            json.WriteString("version", Version);
            json.WriteString("run", run);
            json.WriteStartObject("may");
            json.WriteBoolean("control", control);
            json.WriteBoolean("letters", letters);
            json.WriteEndObject();
            StatusJson.Lights(json, snapshot);
            json.WriteStartArray("handlers");
            foreach (var handler in snapshot.Handlers) StatusJson.Handler(json, handler, history.Newest(handler.Name));
            json.WriteEndArray();
            redrives.Write(json);
            var (last, series) = history.Read(after);
            StatusJson.Series(json, last, series);
            json.WriteEndObject();
        });
    }

    /// <summary><c>?handler=NAME&amp;sort=age|lag|partition&amp;skip=0&amp;take=50</c></summary>
    public async Task LanesAsync(HttpContext http)
    {
        if (await HandlerAsync(http) is not { } handler) return;
        var sort = http.Request.Query["sort"].ToString();
        if (sort is not ("" or "age" or "lag" or "partition"))
        {
            await http.ProblemAsync(StatusCodes.Status400BadRequest, "No such order", "'sort' is 'age', 'lag' or 'partition' (so without it).");
            return;
        }

        var (skip, take) = (Number(http, "skip", 0), Number(http, "take", 50));
        if (skip is not { } from || take is not { } most)
        {
            await http.ProblemAsync(StatusCodes.Status400BadRequest, "Not a number", "'skip' and 'take' are whole numbers.");
            return;
        }

        var lanes = Lanes.Sorted(handler, sort).Skip((int)Math.Min(from, int.MaxValue)).Take((int)Math.Clamp(most, 1, MostLanes)).ToList();
        await http.JsonAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("handler", handler.Name);
            json.WriteNumber("count", handler.Lanes.Count);
            json.WriteNumber("skip", from);
            json.WriteStartArray("lanes");
            foreach (var lane in lanes) LaneJson.Write(json, handler, lane);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary><c>?handler=NAME</c>, and <c>&amp;lane=NAME</c> for one lane. The oldest first.</summary>
    public async Task UnderWayAsync(HttpContext http)
    {
        if (await HandlerAsync(http) is not { } handler) return;
        var lane = http.Request.Query["lane"].ToString();
        // In a lane that handlers share by type, some are others'.
        var lanes = handler.Lanes.Where(l => lane.Length == 0 || Lanes.NameOf(handler, l.Id) == lane).ToList();
        var messages = lanes
            .SelectMany(l => l.UnderWay.Where(m => m.Handler is null || m.Handler == handler.Name).Select(m => (l.Id, Message: m)))
            .OrderByDescending(static m => m.Message.Age).Take(MostUnderWay).ToList();
        await http.JsonAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("handler", handler.Name);
            json.WriteNumber("count", lanes.Sum(static l => l.InFlight));
            json.WriteStartArray("messages");
            foreach (var (id, message) in messages) LaneJson.UnderWay(json, id, message);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary><c>?handler=NAME</c>. The texts of exceptions only for who may see letters: they may quote them.</summary>
    public async Task FailuresAsync(HttpContext http)
    {
        if (await HandlerAsync(http) is not { } handler) return;
        var withText = await grants.MaySeeLettersAsync(http);
        await http.JsonAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("handler", handler.Name);
            json.WriteBoolean("withText", withText);
            json.WriteStartArray("failures");
            foreach (var failure in handler.Failures) FailureJson.Write(json, failure, withText);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task<HandlerStatus?> HandlerAsync(HttpContext http)
    {
        var name = http.Request.Query["handler"].ToString();
        var snapshot = await board.ReadAsync(http.RequestAborted);
        if (snapshot.Handlers.FirstOrDefault(h => h.Name == name) is { } handler) return handler;
        await http.ProblemAsync(StatusCodes.Status404NotFound, "No such handler", $"No handler named '{name}' runs here. {Names(snapshot)}");
        return null;
    }

    private static string Names(StatusSnapshot snapshot) => snapshot.Handlers.Count == 0 ? "There is none." : $"There are: {string.Join(", ", snapshot.Handlers.Take(20).Select(static h => h.Name))}.";

    private static long? Number(HttpContext http, string name, long otherwise) =>
        http.Request.Query[name].ToString() is not { Length: > 0 } text ? otherwise
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
