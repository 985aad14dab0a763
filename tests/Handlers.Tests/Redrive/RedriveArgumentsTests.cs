namespace Handlers.Tests;

/// <summary>What stands behind <c>redrive</c> on the command line.</summary>
public sealed class RedriveArgumentsTests
{
    [Fact]
    public void Every_option_is_read_wherever_the_topic_stands()
    {
        var parsed = RedriveArguments.Parse(
            ["--to", "parking", "--group=alerts", "dead", "--handler", "A.On", "--since", "2026-01-31T12:00Z", "--limit", "5", "--dry-run", "--transport", "second", "--read-as", "me=too"]);
        Assert.Null(parsed.Error);
        Assert.Equal("dead", parsed.Topic);
        Assert.Equal(
            new RedriveOptions
            {
                To = "parking",
                Group = "alerts",
                Handler = "A.On",
                Since = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
                Limit = 5,
                DryRun = true,
                Transport = "second",
                ReadAs = "me=too",
            },
            parsed.Options);
    }

    [Theory]
    [InlineData("")]
    [InlineData("dead --help --nonsense")]
    [InlineData("-h")]
    public void Help_goes_before_everything(string arguments) => Assert.Equal(arguments.Length > 0, Parse(arguments).WantsHelp);

    [Theory]
    [InlineData("", "Name the topic of the dead letters.")]
    [InlineData("--dry-run", "Name the topic of the dead letters.")]
    [InlineData("dead others", "There are two topics, 'dead' and 'others'. Redrive them one after the other.")]
    [InlineData("dead --limt 5", "There is no option --limt. Did you mean '--limit'?")]
    [InlineData("dead -n", "There is no option -n.")]
    [InlineData("dead --limit", "--limit takes a whole number from 1 up.")]
    [InlineData("dead --limit 0", "--limit is '0', which is not a whole number from 1 up.")]
    [InlineData("dead --limit -1", "--limit is '-1', which is not a whole number from 1 up.")]
    [InlineData("dead --limit 1.5", "--limit is '1.5', which is not a whole number from 1 up.")]
    [InlineData("dead --limit 99999999999999999999", "which is not a whole number from 1 up.")]
    [InlineData("dead --since yesterday", "--since is 'yesterday', which is not a time in ISO 8601 (2026-01-31T00:00:00Z).")]
    [InlineData("dead --to --dry-run", "--to takes a topic.")]
    [InlineData("dead --to=", "--to takes a topic.")]
    [InlineData("dead --to a --to b", "--to is there twice.")]
    [InlineData("dead --to a --to=a", "--to is there twice.")]
    [InlineData("dead --dry-run=yes", "--dry-run takes no value.")]
    [InlineData("dead --DRY-RUN", "There is no option --DRY-RUN. Did you mean '--dry-run'?")]
    public void What_has_no_meaning_is_an_error(string arguments, string error) => Assert.Contains(error, Parse(arguments).Error, StringComparison.Ordinal);

    [Fact]
    public void Help_names_every_option()
    {
        var error = RedriveArguments.Parse(["dead", "--unknown-option"]).Error!;
        var names = error.Split('\'').Where(part => part.StartsWith("--", StringComparison.Ordinal)).Distinct().ToList();
        Assert.Equal(9, names.Count);
        Assert.All(names, name => Assert.Contains($"\n  {name} ", RedriveCommand.Help.ReplaceLineEndings("\n"), StringComparison.Ordinal));
    }

    private static RedriveArguments Parse(string arguments) => RedriveArguments.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
