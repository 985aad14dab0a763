using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Handlers.Dashboard.Tests;

/// <summary>The page in a browser: one browser and one application for the class, with a thousand lanes, one hung handler, and dead letters.</summary>
public sealed class PageTests(PageTests.Stage stage) : IClassFixture<PageTests.Stage>
{
    private const string Alerts = "Alerts.OnEarthquake";
    private const string Payments = "Payments.OnPayment";
    private const string Evil = """{"bad":"<img src=/stolen onerror=document.title='stolen'>","end":"</script><script>document.title='stolen'</script>"}""";

    private Browser Page => stage.Browser!;

    private DashboardHost Host => stage.Host;

    [Theory]
    [InlineData(360, 800, false)]
    [InlineData(1280, 800, false)]
    [InlineData(360, 800, true)]
    [InlineData(1280, 800, true)]
    public async Task The_first_screen_names_handler_lane_position_and_age(int width, int height, bool dark)
    {
        Skip();
        await Page.OpenAsync(Url(), width, height, dark);
        var trouble = (string)(await Page.UntilAsync("document.querySelector('.trouble[data-color=red] p')?.innerText"))!;
        Assert.StartsWith($"{Alerts} is stuck at {stage.Hung.Id} position {stage.Hung.Position} for ", trouble, StringComparison.Ordinal);
        Assert.Matches(@"for \d+ s\.$", trouble);
        // Read out of the element that is on the screen, as its age moves on meanwhile.
        Assert.True((bool)(await Page.RunAsync("(r => r.top >= 0 && r.left >= 0 && r.bottom <= innerHeight && r.right <= innerWidth)(document.querySelector('.trouble[data-color=red] p').getBoundingClientRect())"))!);
        Assert.True(await Page.SeesAsync("Consuming:"));
        await HoldsAsync($"overview-{width}{(dark ? "-dark" : "")}");
    }

    [Theory]
    [InlineData(360, false)]
    [InlineData(1280, true)]
    public async Task Details_can_be_read_and_used(int width, bool dark)
    {
        Skip();
        await Page.OpenAsync(Url(Alerts), width, 800, dark, user: "operator");
        await Page.UntilTextAsync($"{stage.Hung.Id}\t{stage.Hung.Position}"); // what is in flight
        await Page.UntilTextAsync("1 to 25 of 1,000");                        // of lanes a page at a time
        Assert.Equal(25, (int)(await Page.RunAsync("document.querySelectorAll('section[aria-labelledby=lanes] tbody tr').length"))!);
        await Page.ClickAsync("button", "Next");
        await Page.UntilTextAsync("26 to 50 of 1,000");
        await HoldsAsync($"handler-{width}{(dark ? "-dark" : "")}", full: true);
    }

    [Fact]
    public async Task Numbers_move_without_a_reload()
    {
        Skip();
        await Page.OpenAsync(Url(Payments));
        await Page.UntilAsync("document.querySelector('.totals dd')");
        await Page.RunAsync("window.same = document.querySelector('.totals dd')");
        var handled = Host.Status.Handlers.Single(h => h.Name == Payments).Counts.Handled;
        for (var i = 0; i < 7; i++) await Host.PublishAsync("payments", "good");
        await Page.UntilAsync($"[...document.querySelectorAll('.totals div')].some(d => d.innerText.includes('handled') && d.querySelector('dd').innerText === '{(handled + 7).ToString("N0", CultureInfo.InvariantCulture)}')");
        Assert.True((bool)(await Page.RunAsync("window.same.isConnected"))!); // in the same elements: what has the focus keeps it
    }

    [Fact]
    public async Task A_pause_asks_first_and_is_logged()
    {
        Skip();
        await Page.OpenAsync(Url(Payments), user: "operator-page");
        await Page.ClickAsync("button", "Pause");
        await Page.UntilTextAsync("No more messages begin there");
        Assert.Empty(Paused());
        await Page.PictureAsync("asks");
        await Page.RunAsync("document.getElementById('ask-yes').click()");
        await Page.UntilTextAsync($"{Payments} is paused on all its 4 lanes.");
        Assert.Equal(4, Paused().Count());
        Assert.Contains(Host.Logs.All, l => l.StartsWith("5001 Pause is asked for by operator-page from 127.0.0.1", StringComparison.Ordinal));
        Assert.Contains(Host.Logs.All, l => l.StartsWith("5002 Pause is done for operator-page from 127.0.0.1", StringComparison.Ordinal));
        await Page.ClickAsync("button", "Resume");
        await Page.UntilTextAsync("It goes on where it stopped.");
        await Page.RunAsync("document.getElementById('ask-yes').click()");
        await Page.UntilTextAsync($"{Payments} goes on");
        Assert.Empty(Paused());
    }

    [Fact]
    public async Task Concurrency_a_rewind_and_dead_letters_put_back_each_ask_first()
    {
        Skip();
        await Page.OpenAsync(Url(Payments), user: "operator");
        await Page.UntilAsync("document.getElementById('most')?.value");
        await Page.FillAsync("Messages at once", "3");
        await Page.ClickAsync("button", "Change");
        await Page.UntilTextAsync($"Let {Payments} handle at most 3 messages at once on all its 4 lanes, instead of 8?");
        Assert.Equal(8, Handler(Payments).Concurrency);
        await YesAsync($"{Payments} handles at most 3 messages at once");
        Assert.Equal(3, Handler(Payments).Concurrency);

        var before = Handler(Payments).Counts;
        await Page.ChooseAsync("Rewind to", "time");
        await Page.FillAsync("To which", "2020-01-31T05:00");
        await Page.ClickAsync("button", "Rewind");
        await Page.UntilTextAsync($"Move {Payments} on all its 4 lanes to 2020-01-31 05:00:00 UTC?");
        await YesAsync($"{Payments} reads all its 4 lanes from 2020-01-31 05:00:00 UTC.");
        await Api.UntilAsync(() => Handler(Payments) is var now && now.Counts.Handled >= before.Handled + 16 && now.Lanes.All(l => l.IsCaughtUp)); // the 16 good ones of the stage

        await Page.ClickAsync("button", "Put back");
        await Page.UntilTextAsync("of payments.dead back, each to the topic that it came from?");
        var failed = Handler(Payments).Counts.Failed;
        await YesAsync("Dead letters of payments.dead are being put back.");
        await Page.UntilAsync("/^\\d+ put back\\.$/.test(document.querySelector('section[aria-labelledby=letters] p[role=status]').innerText)");
        await Api.UntilAsync(() => Handler(Payments) is var now && now.Counts.Failed > failed && now.Lanes.All(l => l.IsCaughtUp));

        async Task YesAsync(string said)
        {
            await Page.UntilAsync("document.activeElement.id === 'ask-yes'");
            await Page.PressAsync("Enter");
            await Page.UntilAsync($"document.getElementById('said').textContent.startsWith({System.Text.Json.JsonSerializer.Serialize(said)})");
        }
    }

    [Fact]
    public async Task What_waits_is_named_before_it_is_a_trouble()
    {
        Skip();
        await using var host = await DashboardHost.StartAsync(configure: b => b.Configuration["Handlers:StuckAfter"] = "60s");
        await host.PublishAsync("earthquakes", "hang");
        await Page.OpenAsync(new Uri(host.Address, "/handlers/").ToString(), 360);
        var said = (string)(await Page.UntilAsync("document.querySelector('.longest:not([hidden])')?.innerText"))!;
        Assert.Matches($@"^Waits longest: {Alerts} at earthquakes/\d+ position 0 for \d+(\.\d)? s\.$", said);
        foreach (var width in (int[])[360, 1280])
        {
            await Page.SizeAsync(width, 800);
            Assert.True((bool)(await Page.RunAsync("(r => r.top >= 0 && r.bottom <= innerHeight && r.right <= innerWidth)(document.querySelector('.longest').getBoundingClientRect())"))!);
        }

        await HoldsAsync("waits-1280");
    }

    [Fact]
    public async Task A_page_to_sign_in_is_no_answer()
    {
        Skip();
        var isOut = false;
        await using var host = await DashboardHost.StartAsync(DashboardHost.Granted, use: app => app.Use((http, next) =>
        {
            if (http.Request.Path == "/login") return http.Response.WriteAsync("<html>Who are you?</html>");
            if (!isOut || !http.Request.Path.StartsWithSegments("/handlers/api")) return next(http);
            http.Response.Redirect("/login");
            return Task.CompletedTask;
        }));
        await Page.OpenAsync(new Uri(host.Address, $"/handlers/#/handler/{Payments}").ToString(), user: "operator");
        await Page.UntilAsync("[...document.querySelectorAll('button')].some(b => b.innerText === 'Pause' && b.checkVisibility())");
        isOut = true;
        await Page.ClickAsync("button", "Pause");
        await Page.UntilAsync("document.getElementById('ask-error').innerText.includes('Sign in')");
        Assert.False((bool)(await Page.RunAsync("document.getElementById('ask-yes').checkVisibility()"))!);
        await Page.UntilAsync("document.getElementById('banner').innerText.includes('Sign in')");
    }

    [Fact]
    public async Task There_is_nothing_to_steer_for_who_may_not()
    {
        Skip();
        await Page.OpenAsync(Url(Alerts), user: "reader");
        await Page.UntilTextAsync("1 to 25 of 1,000");
        Assert.Equal("[\"Next\"]", (await Page.RunAsync("[...document.querySelectorAll('button')].filter(b => b.checkVisibility() && !b.disabled).map(b => b.innerText)"))!.ToJsonString());
    }

    [Fact]
    public async Task A_dead_letter_shows_key_headers_and_body_and_markup_in_it_stays_text()
    {
        Skip();
        await Page.OpenAsync(Url(Payments), user: "operator");
        await Page.ClickAsync("button", "Look at the newest");
        await Page.UntilAsync("document.querySelector('.letters summary')");
        await Page.RunAsync("document.querySelectorAll('.letters details').forEach(d => d.open = true)");
        await Page.UntilTextAsync("customer-7");
        await Page.UntilTextAsync("System.InvalidOperationException");
        var text = (string)(await Page.RunAsync("document.querySelector('.letters').innerText"))!;
        Assert.Contains("shop-trace", text, StringComparison.Ordinal);
        Assert.Contains("<img src=/stolen onerror=document.title='stolen'>", text, StringComparison.Ordinal);
        Assert.Contains("</script><script>", text, StringComparison.Ordinal);
        Assert.Equal(1, (int)(await Page.RunAsync("document.images.length"))!); // the application's own
        await Page.RunAsync("document.querySelector('.letters').scrollIntoView()");
        await HoldsAsync("letters-1280");
    }

    [Fact]
    public async Task It_can_be_used_by_the_keyboard_alone()
    {
        Skip();
        await Page.OpenAsync(Url(), user: "operator");
        await Page.UntilTextAsync(Payments);
        await TabToAsync(Payments, most: 20);
        await Page.PressAsync("Enter");
        await Page.UntilAsync($"document.querySelector('h1').innerText === '{Payments}'");
        await Page.UntilAsync("[...document.querySelectorAll('button')].some(b => b.innerText === 'Pause' && b.checkVisibility())");
        await TabToAsync("Pause", most: 10);
        await Page.PressAsync("Enter");
        await Page.UntilAsync("document.activeElement.id === 'ask-yes'");
        await Page.PressAsync("Escape");
        await Page.UntilAsync("!document.getElementById('ask').open && document.activeElement.innerText === 'Pause'");
        Assert.Empty(Paused());
    }

    [Fact]
    public async Task It_says_that_the_process_is_gone_and_when_it_is_back()
    {
        Skip();
        var before = await DashboardHost.StartAsync();
        var address = before.Address.ToString().TrimEnd('/');
        await Page.OpenAsync(new Uri(before.Address, "/handlers/").ToString());
        await Page.UntilTextAsync(Payments);
        await before.DisposeAsync();
        await Page.UntilTextAsync("The process does not answer.");
        await using var after = await DashboardHost.StartAsync(url: address);
        await Page.UntilAsync("document.getElementById('banner').hidden && document.getElementById('said').textContent === 'The process answers again.'");
    }

    /// <summary>Of a tab in the background the new process may have as many points as the old one had, and more.</summary>
    [Fact]
    public async Task Charts_begin_anew_with_another_process()
    {
        var highest = Panel("Throughput") + ".querySelector('svg').getAttribute('aria-label').split('highest ')[1]";
        Skip();
        var before = await DashboardHost.StartAsync();
        await Page.OpenAsync(new Uri(before.Address, $"/handlers/#/handler/{Payments}").ToString());
        await Page.UntilAsync(Drawn("Throughput") + " >= 1");
        for (var i = 0; i < 20; i++) await before.PublishAsync("payments", "good");
        await Page.UntilAsync($"!{highest}.startsWith('0')");
        await HideAsync(true);
        var points = (int)(await Page.RunAsync(Drawn("Throughput")))!;
        var address = before.Address.ToString().TrimEnd('/');
        await before.DisposeAsync();
        await using var after = await DashboardHost.StartAsync(url: address);
        await Api.UntilAsync(async () => (int)(await after.JsonAsync("status"))["history"]!["last"]! > points);
        await HideAsync(false);
        await Page.UntilAsync($"{Drawn("Throughput")} > {points}");
        Assert.StartsWith("0", (string)(await Page.RunAsync(highest))!, StringComparison.Ordinal); // nothing was published to it

        Task HideAsync(bool hidden) => Page.RunAsync($"Object.defineProperty(document, 'hidden', {{ value: {(hidden ? "true" : "false")}, configurable: true }}); document.dispatchEvent(new Event('visibilitychange'))");
    }

    [Fact]
    public async Task The_charts_of_a_handler_have_points()
    {
        Skip();
        await Page.OpenAsync(Url(Payments));
        foreach (var chart in (string[])["Throughput", "Lag", "Oldest message"]) await Page.UntilAsync(Drawn(chart) + " >= 2");
        await Page.UntilAsync(Drawn("Time of a call") + " >= 1"); // a gap where there was no call
        await Page.OpenAsync(Url());
        await Page.UntilAsync("[...document.querySelectorAll('.handler')].length === 2 && [...document.querySelectorAll('.handler')].every(r => /L/.test(r.querySelector('.spark .line:last-child').getAttribute('d')))");
    }

    [Theory]
    [InlineData(360)]
    [InlineData(1280)]
    public async Task Lag_is_shown_of_the_handler_and_of_the_lane(int width)
    {
        Skip();
        await using var host = await DashboardHost.StartAsync(lanes: 1);
        await host.PublishAsync("earthquakes", "hang");
        await Api.UntilAsync(() => host.Status.Handlers.Single(h => h.Name == Alerts).Lanes.Any(l => l.InFlight == 1));
        for (var i = 0; i < 3000; i++) await host.PublishAsync("earthquakes", "tremor");
        var lag = "";
        await Api.UntilAsync(async () => (lag = $"{(long?)(await host.JsonAsync($"lanes?handler={Alerts}"))["lanes"]![0]!["lag"]:N0}") is { Length: > 1 });
        await Page.OpenAsync(new Uri(host.Address, "/handlers/").ToString(), width);
        await Page.UntilAsync($"[...document.querySelectorAll('.handler')].some(r => r.innerText.includes('{Alerts}') && [...r.querySelectorAll('.cell')].some(c => c.querySelector('dt').textContent === 'Lag' && c.querySelector('b').innerText === '{lag}'))");
        await Page.OpenAsync(new Uri(host.Address, $"/handlers/#/handler/{Alerts}").ToString(), width);
        await Page.UntilAsync($"{Cells("Lag")}[0] === '{lag}'");
        await Page.UntilAsync($"{Panel("Lag")}.querySelector('strong').innerText === '{lag}'");
    }

    [Theory]
    [InlineData(360)]
    [InlineData(1280)]
    public async Task A_lane_shows_its_watermark_and_how_far_it_is_read(int width)
    {
        Skip();
        await Page.OpenAsync(Url(Payments), width);
        await Page.ChooseAsync("First by", "partition");
        var lanes = (await Host.JsonAsync($"lanes?handler={Payments}&sort=partition"))["lanes"]!.AsArray();
        var watermarks = lanes.Select(l => (string?)l!["watermark"] ?? "–").ToList();
        Assert.Contains(watermarks, static w => w != "–");
        await Page.UntilAsync($"{Cells("Watermark")}.join() === '{string.Join(',', watermarks)}'");
        await Page.UntilAsync($"{Cells("Read to")}.join() === '{string.Join(',', lanes.Select(static l => (string?)l!["lastRead"] ?? "–"))}'");
        await HoldsAsync($"lanes-{width}", full: true);
    }

    [Fact]
    public async Task The_last_failures_have_the_exception_s_type_and_message()
    {
        Skip();
        const string Shown = "document.querySelector('section[aria-labelledby=failures]').innerText";
        await Page.OpenAsync(Url(Payments), user: "operator");
        await Page.UntilAsync($"{Shown}.includes('System.InvalidOperationException') && {Shown}.includes('The card is refused.') && {Shown}.includes('dead-lettered')");
        await Page.OpenAsync(Url(Payments), user: "reader");
        await Page.UntilAsync($"{Shown}.includes('System.InvalidOperationException') && {Shown}.includes('you may not see them')");
        Assert.DoesNotContain("The card is refused.", (string)(await Page.RunAsync(Shown))!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_fetched_from_elsewhere()
    {
        Skip();
        await Page.OpenAsync(Url(Alerts), user: "operator");
        await Page.UntilTextAsync("1 to 25 of 1,000");
        Assert.All(await Page.AskedAsync(), url => Assert.StartsWith(Host.Address.ToString(), url, StringComparison.Ordinal));
        Assert.Empty(await Page.ErrorsAsync());
    }

    /// <summary>What holds for every view: no serious violation of accessibility, nothing wider than the screen, no error. A picture is kept.</summary>
    private async Task HoldsAsync(string picture, bool full = false)
    {
        await Page.PictureAsync(picture, full);
        Assert.Empty(await Page.ViolationsAsync());
        Assert.Equal(0, (int)(await Page.RunAsync("Math.max(0, document.documentElement.scrollWidth - innerWidth)"))!);
        Assert.Empty(await Page.ErrorsAsync());
    }

    private static string Panel(string title) => $"[...document.querySelectorAll('.panel')].find(p => p.querySelector('figcaption span').innerText === '{title}')";

    /// <summary>How many points the first line of a chart has. What is drawn is an M for the first, or the first behind a gap, and an L for each more.</summary>
    private static string Drawn(string title) => $"(({Panel(title)}?.querySelector('.line:last-child').getAttribute('d') ?? '').match(/[ML]/g) ?? []).length";

    /// <summary>A column of the lanes' table.</summary>
    private static string Cells(string column) =>
        $"(t => [...t.querySelectorAll('tbody tr')].map(r => r.children[[...t.querySelectorAll('th')].findIndex(h => h.innerText === '{column}')].innerText))(document.querySelector('section[aria-labelledby=lanes] table'))";

    private async Task TabToAsync(string text, int most)
    {
        for (var i = 0; i < most; i++)
        {
            await Page.PressAsync("Tab");
            if ((string?)await Page.RunAsync("document.activeElement.innerText") == text) return;
        }

        Assert.Fail($"'{text}' has no focus after {most} tabs");
    }

    private HandlerStatus Handler(string name) => Host.Status.Handlers.Single(h => h.Name == name);

    private IEnumerable<LaneStatus> Paused() => Handler(Payments).Lanes.Where(l => l.Paused != PauseReasons.None);

    private string Url(string? handler = null) => new Uri(Host.Address, $"/handlers/{(handler is null ? "" : $"#/handler/{handler}")}").ToString();

    private static void Skip()
    {
        if (Browser.Missing is { } why) Assert.Skip(why);
    }

    public sealed class Stage : IAsyncLifetime
    {
        public Browser? Browser { get; private set; }

        public DashboardHost Host { get; private set; } = null!;

        /// <summary>The lane of the hung handler, and where it hangs.</summary>
        public (LaneId Id, Position Position) Hung { get; private set; }

        public async ValueTask InitializeAsync()
        {
            if (Browser.Missing is not null) return;
            var starting = Browser.StartAsync();
            Host = await DashboardHost.StartAsync(DashboardHost.Granted, lanes: 1000);
            for (var i = 0; i < 2500; i++) await Host.PublishAsync("earthquakes", "tremor");
            await Host.PublishAsync("earthquakes", "hang");
            for (var i = 0; i < 20; i++) await Host.PublishAsync("payments", i % 5 == 0 ? "a bad card" : "good");
            await Host.PublishAsync("payments", Evil, "customer-7", new Headers(Header.Of("shop-trace", "4bf92f35")));
            Browser = await starting;
            // The lights say it: the handler hangs for longer than it may.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            while (!(await Host.Http.GetStringAsync("/handlers/api/status", patience.Token)).Contains("\"hung\"", StringComparison.Ordinal)) await Task.Delay(100, patience.Token);
            var lane = Host.Status.Handlers.Single(h => h.Name == Alerts).Lanes.Single(l => l.UnderWay.Count > 0);
            Hung = (lane.Id, lane.UnderWay[0].Position);
        }

        public async ValueTask DisposeAsync()
        {
            if (Browser is null) return;
            await Browser.DisposeAsync();
            await Host.DisposeAsync();
        }
    }
}
