using Spectre.Console;
using static Handlers.Tool.Screen;

namespace Handlers.Tool;

/// <summary>A topology for people: the handlers by group, and the topics below. It fits 80 columns, and uses more where there are.</summary>
internal static class TopologyTable
{
    /// <summary>From here on what is said of a handler stands side by side.</summary>
    private const int Wide = 110;

    public static void Show(Topology topology, Screen screen)
    {
        var running = topology.Running.ToList();
        var topics = TopicUse.Of(topology);
        var groups = running.GroupBy(h => (h.Settings.Transport, Group: h.Settings.Group!)).OrderBy(g => g.Key.Transport, StringComparer.Ordinal).ThenBy(g => g.Key.Group, StringComparer.Ordinal).ToList();
        screen.Line($"[bold]{Plain(topology.Application)}[/] {Plain(topology.Version)}  [grey]{Count(running.Count, "handler")}, {Count(groups.Count, "group")}, {Count(topics.Count, "topic")}; {About(topology)}[/]");
        screen.Line();
        var isWide = screen.Width >= Wide;
        var most = screen.Width / 3;
        // One grid for all groups, so that their columns stand below each other.
        var grid = Columns(isWide ? 4 : 2);
        foreach (var group in groups)
        {
            grid.AddRow([Title(group.Key.Transport, group.Key.Group, group.All(h => h.HasOwnGroup), most)]);
            foreach (var handler in group) grid.AddRow(isWide ? [Name(handler, most), Topic(handler), Delivery(handler, "\n"), Failure(handler, "\n")] : [Name(handler, most), $"{Topic(handler)}\n{Delivery(handler, ", ")}\n{Failure(handler, ", ")}"]);
            grid.AddEmptyRow();
        }

        screen.Show(grid);
        foreach (var transport in topics.GroupBy(t => t.Transport)) screen.Show(Topics(transport.Key, transport, most));
        foreach (var handler in topology.Handlers.Where(h => !h.IsEnabled)) screen.Line($"[grey]{Plain(handler.Name)} is disabled by configuration.[/]");
        if (running.Any(h => !h.HasOwnGroup)) screen.Line("[grey]* Nobody named a group, so it has the application's name.[/]");
    }

    private static Grid Topics(string transport, IEnumerable<TopicUse> topics, int most)
    {
        var grid = Columns(3);
        grid.AddRow([$"[bold]topics[/]{On(transport)}"]);
        foreach (var topic in topics)
            grid.AddRow($"  {Broken(topic.Name, most, "  ")}", $"[grey]{string.Join(", ", topic.Roles.Select(Role))}[/]", Users(topic));
        grid.AddEmptyRow();
        return grid;
    }

    private static Grid Columns(int count)
    {
        var grid = new Grid();
        grid.AddColumn(new GridColumn().NoWrap().PadRight(2).PadLeft(0));
        for (var i = 1; i < count; i++) grid.AddColumn(new GridColumn().PadRight(i + 1 < count ? 2 : 0).PadLeft(0));
        return grid;
    }

    private static string Title(string transport, string group, bool isNamed, int most) =>
        $"[grey]group[/] [bold]{Broken(group, most, "      ")}[/]{(isNamed ? "" : " *")}{On(transport)}";

    private static string On(string transport) => transport == StreamHandlerAttribute.DefaultTransport ? "" : $" [grey]on[/] {Plain(transport)}";

    private static string Name(TopologyHandler handler, int most) => $"  {Broken(handler.Name, most, "  ")}";

    /// <summary>A name that would leave no room for what is said of it: in lines, which end behind a dot where there is one.</summary>
    private static string Broken(string name, int most, string before)
    {
        var lines = new List<string>();
        while (name.Length > most)
        {
            var dot = name.LastIndexOf('.', most - 1, most / 2);
            var end = dot > 0 ? dot + 1 : char.IsHighSurrogate(name[most - 1]) ? most - 1 : most;
            lines.Add(name[..end]);
            name = name[end..];
        }

        return string.Join($"\n{before}", lines.Append(name).Select(Plain));
    }

    private static string Topic(TopologyHandler handler)
    {
        var type = handler.Payload?.ShortType ?? "";
        var takes = handler.Batch switch { null => type, "Messages" => $"list of Message<{type}>", _ => $"list of {type}" };
        var only = handler.MessageType is { } messages ? $" [grey]of type[/] {Plain(messages)}" : "";
        var reads = $"[aqua]{Plain(handler.Settings.Topic)}[/] {Plain(takes)}{only}";
        return handler.Settings.PublishTo is { } output ? $"{reads}\n[grey]->[/] [aqua]{Plain(output)}[/] {Plain(handler.Published?.ShortType)}" : reads;
    }

    private static string Delivery(TopologyHandler handler, string between)
    {
        var settings = handler.Settings;
        var parts = new List<string>
        {
            settings.Ordering switch { Ordering.Lane => "in lane order", Ordering.Key => $"in key order, {settings.Concurrency} at once", _ => $"in no order, {settings.Concurrency} at once" },
            settings.Commit switch { Commit.EachMessage => "commits each message", Commit.OnRead => "[yellow]commits on reading[/]", Commit.Transaction => "commits in transactions", _ => "commits the watermark" },
        };
        if (handler.Batch is not null) parts.Add($"batches of {settings.BatchSize} or {Duration.Text(settings.BatchTime)}");
        if (settings.TimeLimit is { } limit) parts.Add($"{Duration.Text(limit)} a call at most");
        return string.Join(between, parts);
    }

    private static string Failure(TopologyHandler handler, string between)
    {
        var settings = handler.Settings;
        var tries = new List<string>();
        if (settings.Retry is { } retry) tries.Add(retry.Pipeline is { } pipeline ? $"retry by {Plain(pipeline)}" : $"{retry.Attempts} calls");
        if (settings.RetryTopics.Count > 0) tries.Add($"again after {string.Join(", ", settings.RetryTopics.Select(Duration.Text))}");
        var end = settings.OnFailure switch { FailedHandler.DeadLetter => $"dead letter to {Plain(settings.DeadLetter)}", FailedHandler.Skip => "[yellow]skip[/]", _ => "stop" };
        var parts = new List<string> { $"[grey]failed:[/] {string.Join(", then ", tries.Append(end))}" };
        // Only where it is not what becomes of failures too.
        if (settings.OnInvalid.ToString() != settings.OnFailure.ToString())
            parts.Add($"[grey]invalid:[/] {settings.OnInvalid switch { InvalidMessage.DeadLetter => "dead letter", InvalidMessage.Stop => "stop", _ => "skip" }}");
        if (settings.CircuitBreaker is { } check) parts.Add($"[grey]pauses while[/] {Plain(check)} [grey]is unhealthy[/]");
        return string.Join(between, parts);
    }

    private static string Users(TopicUse topic) => string.Join("\n", new[] { Users("read by", topic.ReadBy), Users("written by", topic.WrittenBy) }.OfType<string>());

    private static string? Users(string how, IReadOnlyList<string> names) => names.Count == 0 ? null : $"[grey]{how}[/] {string.Join(", ", names.Select(Plain))}";

    private static string Role(TopicRole role) => role == TopicRole.DeadLetter ? "dead letters" : role.ToText();

    private static string About(Topology topology) => Plain(string.Join(", ", topology.Brokers.Prepend($"Handlers {topology.HandlersVersion}")));

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
