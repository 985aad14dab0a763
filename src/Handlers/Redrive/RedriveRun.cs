using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>One redrive: what is asked for, and what its lanes share.</summary>
/// <param name="Topic">The dead letters.</param>
/// <param name="Group">The group that reads them.</param>
/// <param name="Asked">Which letters, and where to.</param>
/// <param name="Tally">Counts and limit.</param>
/// <param name="Options">Budgets, batch bytes, attempts.</param>
/// <param name="StartWork">Starts lanes.</param>
/// <param name="Time">Time.</param>
/// <param name="Logger">Letters without origin, lanes that fail.</param>
internal sealed record RedriveRun(
    string Topic, string Group, RedriveOptions Asked, RedriveTally Tally, HandlersOptions Options, StartWork StartWork, TimeProvider Time, ILogger Logger)
{
    /// <summary>A group's name, unless one is given: each filter has its own, as a position passes what the filter leaves.</summary>
    public static string GroupOf(RedriveOptions options) => options.ReadAs ?? string.Concat(
        "handlers.redrive",
        options.Group is { } group ? $".group-{group}" : "",
        options.Handler is { } handler ? $".handler-{handler}" : "",
        options.Since is { } since ? since.UtcDateTime.ToString("'.since-'yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture) : "");
}
