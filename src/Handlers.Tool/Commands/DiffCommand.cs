using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;
using static Handlers.Tool.Screen;

namespace Handlers.Tool;

/// <summary><c>handlers diff OLD NEW</c>: what a change of an application breaks, with an exit code for pipelines.</summary>
internal static class DiffCommand
{
    public static Command Create(Screen screen)
    {
        var before = new Argument<string>("old") { Description = "The assembly as it was, or a file that 'handlers describe --json' wrote of it" };
        var after = new Argument<string>("new") { Description = "The assembly as it is, or such a file" };
        var failOn = new Option<ChangeClass>("--fail-on") { Description = "From which class on the exit code is 3: Breaking, Loosening, or Harmless for any change", HelpName = "CLASS", DefaultValueFactory = _ => ChangeClass.Loosening };
        var all = new Option<bool>("--all") { Description = "Show harmless changes too" };
        var json = new Option<bool>("--json") { Description = "All changes as JSON" };
        var options = new TopologyOptions();
        var command = new Command("diff", "Says what a change of an application breaks or loosens.") { before, after, failOn, all, json };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            var old = options.Read(parsed.GetRequiredValue(before), parsed, screen, withSchemas: true, out var isWrongBefore);
            var now = options.Read(parsed.GetRequiredValue(after), parsed, screen, withSchemas: true, out var isWrongAfter);
            var changes = TopologyDiff.Compare(old, now);
            if (parsed.GetValue(json)) screen.Json(Write(changes));
            else Show(changes, parsed.GetValue(all), screen);
            if (isWrongBefore || isWrongAfter) return ExitCodes.Error;
            return changes.Any(c => c.Class >= parsed.GetValue(failOn)) ? ExitCodes.Found : ExitCodes.Done;
        });
        return command;
    }

    private static JsonObject Write(IReadOnlyList<Change> changes) => new()
    {
        ["worst"] = changes.Count == 0 ? null : Word(changes.Max(c => c.Class)),
        ["changes"] = new JsonArray([.. changes.Select(c => (JsonNode)new JsonObject { ["class"] = Word(c.Class), ["rule"] = c.Rule, ["handler"] = c.Handler, ["old"] = c.Old, ["new"] = c.New, ["why"] = c.Why })]),
    };

    private static void Show(IReadOnlyList<Change> changes, bool all, Screen screen)
    {
        var shown = changes.Where(c => all || c.Class > ChangeClass.Harmless).ToList();
        var hidden = changes.Count - shown.Count;
        foreach (var group in shown.GroupBy(c => c.Class))
        {
            var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadLeft(0).PadRight(2)).AddColumn(new GridColumn().PadRight(0));
            grid.AddRow(group.Key switch { ChangeClass.Breaking => "[bold red]breaking[/]", ChangeClass.Loosening => "[bold yellow]loosening[/]", _ => "[bold]harmless[/]" });
            foreach (var change in group) grid.AddRow($"  {Plain(change.Rule)}", $"{Plain(change.Handler)}: {Turn(change)}\n[grey]{Plain(change.Why)}[/]");
            grid.AddEmptyRow();
            screen.Show(grid);
        }

        screen.Line(shown.Count == 0 ? "Nothing breaks, and nothing is looser." : $"{Count(shown, ChangeClass.Breaking)} breaking, {Count(shown, ChangeClass.Loosening)} loosening.");
        if (hidden > 0) screen.Line($"[grey]{hidden} harmless; --all shows them.[/]");
    }

    private static string Turn(Change change) => (change.Old, change.New) switch
    {
        ({ } old, { } now) => $"{Plain(old)} -> {Plain(now)}",
        ({ } old, null) => Plain(old),
        (_, { } now) => Plain(now),
        _ => "",
    };

    private static int Count(IReadOnlyList<Change> changes, ChangeClass of) => changes.Count(c => c.Class == of);

    private static string Word(ChangeClass of) => of.ToString().ToLowerInvariant();
}
