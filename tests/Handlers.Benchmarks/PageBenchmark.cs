using System.Diagnostics;
using System.Globalization;
using System.Text;
using Handlers.Dashboard;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Handlers.Benchmarks;

/// <summary>
/// What a page that somebody looks at costs the process that it shows, with 1,000 lanes at work: in every other stretch of one run a client asks for
/// what the page asks for, as often as the page does. Then, with the handler paused, what an update takes of the processor: a figure without the machine's noise.
/// </summary>
internal static class PageBenchmark
{
    private const int Lanes = 1_000;
    private const int PairsOfRound = 5;
    private const int PausedUpdates = 20;
    private const double Allowed = 1.02;
    private const string Handler = "Measured.OnEndless";

    private static readonly TimeSpan Stretch = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Update = TimeSpan.FromSeconds(2); // as page.html has it
    private static readonly TimeSpan FreshSnapshot = TimeSpan.FromSeconds(1.01); // one is taken once a second at most

    /// <returns>Whether both bounds hold.</returns>
    public static async Task<bool> RunAsync(int rounds)
    {
        var body = Encoding.UTF8.GetBytes("""{"Sensor":"sensor-0042","Value":21.25,"At":1517363399650,"Note":"a reading of ninety-nine bytes"}""");
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Configuration.AddInMemoryCollection(BenchHandlers.Others(Handler));
        builder.Services.AddStreamHandlers().AddTransport("default", _ => new EndlessTransport(Lanes, body));
        await using var app = builder.Build();
        app.MapStreamHandlers();
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        var status = app.Services.GetRequiredService<HandlersStatus>();

        Console.Error.WriteLine("warming up");
        await WarmUpAsync(client);
        var (looked, nothing, answers) = (new List<double>(), new List<double>(), 0);
        var before = await RateAsync(status, null);
        for (var pair = 0; pair < rounds * PairsOfRound * 2; pair++)
        {
            if (pair % (PairsOfRound * 2) == 0) Console.Error.WriteLine($"round {(pair / (PairsOfRound * 2)) + 1} of {rounds}");
            var looks = pair % 2 == 0; // in every other pair nobody does: what the machine adds by itself
            var between = await RateAsync(status, looks ? client : null);
            var after = await RateAsync(status, null);
            (looks ? looked : nothing).Add((before.Rate + after.Rate) / 2 / between.Rate);
            answers += between.Answers;
            before = after;
        }

        Console.Error.WriteLine("paused, for the processor time of an update");
        app.Services.GetRequiredService<HandlersControl>().Pause(Handler);
        await UntilPausedAsync(status);
        var (idle, open) = (await ProcessorTimeAsync(null), await ProcessorTimeAsync(client));
        await app.StopAsync();
        var ofUpdate = (open - idle) / PausedUpdates;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Lanes:#,0} lanes, JSON: {before.Rate:#,0} messages/s in the end; {answers} updates of the page, every {Update.TotalSeconds:0} s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"an update takes {ofUpdate.TotalMilliseconds:0.0} ms of processor time, its client's included"));
        Console.WriteLine($"the machine by itself: {Bound.Ratios([.. nothing.Order()])}");
        return Bound.AllHold([
            Bound.AtMost($"{Lanes:#,0} lanes, with the page open", Allowed, [.. looked.Order()], [.. nothing.Order()]),
            Bound.ShareAtMost("updates of the page, of one processor", Allowed - 1, ofUpdate / Update),
        ]);
    }

    /// <summary>Until no message has been handled for a moment: what was under way when the handler was paused is done.</summary>
    private static async Task UntilPausedAsync(HandlersStatus status)
    {
        for (long before = -1, now = Handled(status); before != now; (before, now) = (now, Handled(status))) await Task.Delay(500);
    }

    /// <summary>Of the whole process, while nothing else is at work in it.</summary>
    private static async Task<TimeSpan> ProcessorTimeAsync(HttpClient? client)
    {
        var before = Environment.CpuUsage.TotalTime;
        using var often = new PeriodicTimer(FreshSnapshot);
        for (var i = 0; i < PausedUpdates; i++)
        {
            if (client is not null) _ = await client.GetStringAsync("handlers/api/status");
            await often.WaitForNextTickAsync();
        }

        return Environment.CpuUsage.TotalTime - before;
    }

    /// <summary>A page that is open for a minute is compiled for good: methods are after 30 calls, and there is a look a second at the most.</summary>
    private static async Task WarmUpAsync(HttpClient client)
    {
        using var often = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        for (var i = 0; i < 80; i++)
        {
            _ = await client.GetStringAsync("handlers/api/status");
            await often.WaitForNextTickAsync();
        }
    }

    /// <summary>Messages a second in one stretch, and how often the page was updated in it.</summary>
    private static async Task<(double Rate, int Answers)> RateAsync(HandlersStatus status, HttpClient? client)
    {
        var (began, handled, answers) = (Stopwatch.GetTimestamp(), Handled(status), 0);
        using var update = new PeriodicTimer(Update);
        while (Stopwatch.GetElapsedTime(began) + (Update / 2) < Stretch)
        {
            if (client is not null)
            {
                _ = await client.GetStringAsync("handlers/api/status");
                answers++;
            }

            await update.WaitForNextTickAsync();
        }

        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return ((Handled(status) - handled) / seconds, answers);
    }

    private static long Handled(HandlersStatus status) => status.Handlers.Single().Counts.Handled;
}
